import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { LossScaler, type LossScaleSettings, type LossScaleState } from '../../../electron/engine/train/index.ts';
import { unscaleGradients } from '../../../electron/engine/train/loss-scaler.ts';
import { PROCESSOR_BACKENDS } from '../compute/backends.ts';

/** `GradScaler.update` of PyTorch (torch/cuda/amp/grad_scaler.py, `_amp_update_scale_`), step by step. */
function expectedScales(settings: LossScaleSettings, finite: readonly boolean[]): number[] {
  let [scale, good] = [settings.initialScale, 0];
  return finite.map((taken) => {
    if (!taken) [scale, good] = [scale * settings.backoffFactor, 0];
    else if (++good === settings.growthInterval) [scale, good] = [scale * settings.growthFactor, 0];
    return scale;
  });
}

describe.each(PROCESSOR_BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend, threads: 1 });
  });
  afterAll(stopCompute);
  let tensors = 0;
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(tensors);
  });

  /** Guard and outcome of a step with these gradients, as numbers. */
  const judge = (scaler: LossScaler, values: number[], clipNorm: number | null = null) =>
    tf.tidy(() => {
      const { guard, outcome } = scaler.judge([tf.tensor1d(values), tf.scalar(0)], { clipNorm });
      const [factor, updates] = guard.dataSync();
      const [finite, scale] = outcome.dataSync();
      return { factor, updates, finite, scale };
    });

  test('begins, halves and doubles as the usual gradient scaler does', async () => {
    const settings = { initialScale: 1024, growthFactor: 2, backoffFactor: 0.5, growthInterval: 3 };
    const finite = [true, true, false, true, true, true, true, false, false, true, true, true, true, true, true];
    const scaler = new LossScaler(settings);
    const scales = finite.map((taken) => judge(scaler, [1, taken ? 2 : Number.POSITIVE_INFINITY]).scale);
    expect(scales).toEqual(expectedScales(settings, finite));
    expect(await scaler.readState()).toEqual({ scale: 1024, goodSteps: 0, updates: 12 });
    scaler.dispose();
  });

  test('has the defaults of the usual gradient scaler', async () => {
    const settings = { initialScale: 65536, growthFactor: 2, backoffFactor: 0.5, growthInterval: 2000 };
    const late: LossScaleState = { scale: 65536, goodSteps: 1998, updates: 1998 };
    const [fresh, old] = [new LossScaler(), new LossScaler({}, late)];
    expect(await fresh.readState()).toEqual({ scale: 65536, goodSteps: 0, updates: 0 });
    expect([1, 2].map(() => judge(old, [1]).scale)).toEqual([65536, 131072]);
    expect(judge(fresh, [Number.NaN]).scale).toBe(32768);
    const all = Array.from({ length: 2000 }, () => true);
    expect(expectedScales(settings, all).at(-1)).toBe(131072);
    fresh.dispose();
    old.dispose();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38])(
    'leaves a step out for %d',
    (bad) => {
      const scaler = new LossScaler({ initialScale: 8 });
      expect(judge(scaler, [0.5, bad], 1)).toEqual({ factor: 0, updates: 0, finite: 0, scale: 4 });
      expect(judge(scaler, [0.5, 0.5])).toEqual({ factor: 1 / 4, updates: 1, finite: 1, scale: 4 });
      scaler.dispose();
    },
  );

  test('clips by the norm without the scale', () => {
    const scaler = new LossScaler({ initialScale: 256 });
    // The norm of [3, 4] is 5; a limit of 2.5 halves it.
    expect(judge(scaler, [3 * 256, 4 * 256], 2.5).factor).toBeCloseTo(0.5 / 256, 8);
    expect(judge(scaler, [3 * 256, 4 * 256], 6).factor).toBe(1 / 256);
    expect(judge(scaler, [0, 0], 6).factor).toBe(1 / 256);
    scaler.dispose();
  });

  test('does not grow beyond what can be divided by', () => {
    const scaler = new LossScaler({ growthInterval: 1, growthFactor: 2 ** 60 });
    const scales = Array.from({ length: 4 }, () => judge(scaler, [0]));
    expect(scales.at(-1)).toMatchObject({ scale: 2 ** 100, finite: 1 });
    expect(judge(scaler, [0]).factor).toBeGreaterThan(0);
    scaler.dispose();
  });

  test('gives gradients back as they were, and zeros where there is nothing to be had', () => {
    const scaler = new LossScaler({ initialScale: 4 });
    const numbers = tf.tidy(() =>
      [
        [8, -2],
        [8, Number.NaN],
      ].map((values) => {
        const gradients = new Map([['weight', tf.tensor1d(values)]]);
        const verdict = scaler.judge([...gradients.values()]);
        return [...unscaleGradients(gradients, verdict).get('weight')!.dataSync()];
      }),
    );
    expect(numbers).toEqual([
      [2, -0.5],
      [0, 0],
    ]);
    scaler.dispose();
  });

  test('scales a loss and its gradient', () => {
    const scaler = new LossScaler({ initialScale: 16 });
    const numbers = tf.tidy(() => {
      const x = tf.scalar(3);
      const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => scaler.scaleLoss(tf.square(input) as tf.Scalar))(x);
      return [value.dataSync()[0], grad.dataSync()[0]];
    });
    expect(numbers).toEqual([144, 96]);
    scaler.dispose();
  });
});
