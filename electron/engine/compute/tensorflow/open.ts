import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, reasonOf } from '../candidate.ts';

/** Required at run time only: both are optional, and nothing may fail to build or start without them. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const require = createRequire(import.meta.url);

let factory: ReturnType<typeof tf.findBackendFactory> | undefined;

/** TensorFlow's own kernels (CUDA where there is a card), when the user has installed a tfjs-node package. */
export const tensorflow: Candidate = {
  name: 'tensorflow',
  async open() {
    let missing = 'neither tfjs-node-gpu nor tfjs-node is installed';
    for (const name of PACKAGES) {
      try {
        require(name);
      } catch (cause) {
        const absent = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
        if (!absent) missing = `${name} does not load: ${reasonOf(cause)}`;
        continue;
      }
      // The package registers its back end once, when it is loaded; stopping removes it.
      factory ??= tf.findBackendFactory('tensorflow');
      if (tf.findBackendFactory('tensorflow') === null) tf.registerBackend('tensorflow', factory);
      if (!(await tf.setBackend('tensorflow'))) return { unavailable: `${name} does not start` };
      const gpu = name.endsWith('gpu');
      // Convolutions of recent cards round their inputs to TF32, 10 bits of mantissa.
      return { device: gpu ? 'TensorFlow (CUDA)' : 'TensorFlow', threads: 0, tolerance: gpu ? 5e-3 : 1e-4 };
    }
    return { unavailable: missing };
  },
};
