import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../core/random.ts';
import { CASES, LARGE_CASES } from './cases.ts';

export interface SelfTestResult {
  /** Values and gradients that were compared with their references. */
  readonly checks: number;
  /** Largest difference, relative to the largest number of its tensor. */
  readonly maxError: number;
  readonly elapsedMs: number;
  /** The first comparison that failed, as a clause: which operation, and how far off. */
  readonly failure?: string;
}

/**
 * Runs every operation of ours and its gradients on the active back end and compares them with double-precision loops.
 * A thrown error counts as a failure of its operation. Leaves no tensors behind.
 */
export async function runSelfTest({
  tolerance = 1e-4,
  large = false,
}: {
  tolerance?: number;
  /** Also at sizes from which a device's kernels go another way. */
  large?: boolean;
} = {}): Promise<SelfTestResult> {
  const startedMs = performance.now();
  let checks = 0;
  let maxError = 0;
  const finish = (failure?: string): SelfTestResult => ({
    checks,
    maxError,
    elapsedMs: performance.now() - startedMs,
    ...(failure === undefined ? {} : { failure }),
  });
  for (const { name, run } of large ? [...CASES, ...LARGE_CASES] : CASES) {
    const made: tf.Tensor[] = [];
    try {
      const comparisons = run(new Random('self-test').fork(name));
      made.push(...comparisons.map(({ actual }) => actual));
      for (const { what, actual, expected } of comparisons) {
        const values = await actual.data();
        const error = relativeError(values, expected);
        checks++;
        maxError = Math.max(maxError, error);
        if (!(error <= tolerance)) return finish(`${name}, ${what}: off by ${error.toExponential(1)} of its range`);
      }
    } catch (cause) {
      return finish(`${name}: ${cause instanceof Error ? cause.message : cause}`);
    } finally {
      tf.dispose(made);
    }
  }
  return finish();
}

/** Largest absolute difference over the largest expected magnitude; Infinity when lengths differ or a number is NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let range = 1e-6;
  for (let i = 0; i < actual.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    range = Math.max(range, Math.abs(expected[i]!));
  }
  return difference / range;
}
