/** A thread of the simd back end: the same kernels over the same memory; takes tasks until the runtime stops. */
import { workerData } from 'node:worker_threads';
import { readExports } from './kernel-exports.ts';

const { module, memory, index, threads } = workerData as {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  index: number;
  threads: number;
}; // As threads.ts hands it over.

const exports = readExports(new WebAssembly.Instance(module, { env: { memory } }));
exports.initialize(index, threads);
exports.work();
