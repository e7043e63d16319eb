/** A thread of the simd back end: the same kernels over the same memory; takes tasks until the runtime stops. */
import { workerData } from 'node:worker_threads';
import { instantiateKernels } from './kernel-exports.ts';

const { module, memory, index, threads } = workerData as {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  index: number;
  threads: number;
}; // As threads.ts hands it over.

instantiateKernels(module, memory, { index, threads }).work();
