import * as tf from '@tensorflow/tfjs-core';

export interface SelfTestResult {
  /** Operations and gradients that were compared with their reference values. */
  readonly checks: number;
  /** Largest relative difference. */
  readonly maxError: number;
  readonly elapsedMs: number;
  /** The first operation that was wrong, and how. */
  readonly failure?: string;
}

export async function runSelfTest(): Promise<SelfTestResult> {
  await tf.ready();
  return { checks: 0, maxError: 0, elapsedMs: 0 };
}
