import { expect } from 'vitest';
import { startCompute } from '../../../electron/engine/compute/index.ts';
import type { TrainingBatch } from '../../../electron/engine/teacher/index.ts';
import { type ScaleChange, Trainer } from '../../../electron/engine/train/index.ts';
import { tinyOptions, toyBatches } from './tiny.ts';

const epoch = { epoch: 1, epochs: 4 };
export type Options = ReturnType<typeof tinyOptions>;

/** Trains for an epoch; the result, what became of the loss scale, and the state at the end. */
export async function train(
  options: Options,
  batches: TrainingBatch[],
  others: Partial<Parameters<Trainer['train']>[1]> = {},
) {
  const trainer = new Trainer(options);
  const changes: ScaleChange[] = [];
  try {
    const result = await trainer.train(batches, { ...epoch, onScale: (change) => changes.push(change), ...others });
    return { result, changes, state: await trainer.exportState() };
  } finally {
    trainer.dispose();
  }
}

/** Trains in emulated half precision from a loss scale far too large; the back end stays, its caller stops it. */
export async function checkScaleSearch(backend: 'webgpu' | 'simd'): Promise<void> {
  const { precision } = await startCompute({ backend, precision: 'mixed', emulateHalf: true });
  expect(precision).toBe('mixed');
  const options = { ...tinyOptions({ learningRate: () => 0.1 }), lossScaling: { initialScale: 2 ** 24 } };
  const { result, changes, state } = await train(options, toyBatches(20));
  // Logits have gradients of some hundredths: scaled by 2^24 they are far above 65504, by 2^18 they are not.
  expect(result.skippedSteps).toBeGreaterThanOrEqual(3);
  expect(result.skippedSteps).toBeLessThan(12);
  expect(changes.slice(0, 3)).toEqual([0, 1, 2].map((batch) => ({ batch, scale: 2 ** (23 - batch), skipped: true })));
  expect(state.lossScale!.updates).toBe(20 - result.skippedSteps);
  const { result: later } = await train({ ...options, state }, toyBatches(4));
  expect(later.skippedSteps).toBeLessThan(3);
  expect(later.losses.crossEntropy).toBeLessThan(0.8 * result.losses.crossEntropy!);
}
