import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, processorName } from '../candidate.ts';

/** tfjs's plain JavaScript back end: right and very slow. The last resort, and the yardstick of tests. */
export const cpu: Candidate = {
  name: 'cpu',
  async open() {
    if (tf.findBackendFactory('cpu') === null) tf.registerBackend('cpu', () => new MathBackendCPU());
    await tf.setBackend('cpu');
    return { device: processorName(), threads: 1 };
  },
};
