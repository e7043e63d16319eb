import * as tf from '@tensorflow/tfjs-core';

/** More make a card wait for its first work; fewer cost the processor more time. */
const DISPATCHES_IN_A_SUBMISSION = 32;

/** Sets what tfjs's part of the back end goes by, once its package is loaded. */
export function setDeviceFlags(): void {
  // Small tensors that tfjs computes on the processor would go to and fro between steps.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', DISPATCHES_IN_A_SUBMISSION);
}
