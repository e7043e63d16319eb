import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, MIXED_TOLERANCE, processorName, reasonOf } from '../candidate.ts';
import { SimdBackend } from './backend.ts';
import { startSimdRuntime } from './runtime.ts';
import { registerSimdKernels } from './tfjs-kernels/index.ts';

/** Our WebAssembly SIMD kernels under tfjs's CPU back end. */
export const simd: Candidate = {
  name: 'simd',
  async open({ threads = availableParallelism(), precision, emulateHalf }) {
    try {
      const mixed = precision === 'mixed' && emulateHalf; // Processors have no fast arithmetic of 16 bits.
      const runtime = await startSimdRuntime({ pipelined: true, threads });
      registerSimdKernels();
      // A factory makes the back end of one runtime: a later start has another one.
      if (tf.findBackendFactory('simd') !== null) tf.removeBackend('simd');
      tf.registerBackend('simd', () => new SimdBackend(runtime, { emulateHalf: mixed }));
      await tf.setBackend('simd');
      const { threads: started, variant } = runtime;
      const opened = { device: processorName(), threads: started, kernels: variant, close: () => runtime.stop() };
      return mixed ? { ...opened, precision, tolerance: MIXED_TOLERANCE } : opened;
    } catch (cause) {
      return { unavailable: reasonOf(cause) };
    }
  },
};
