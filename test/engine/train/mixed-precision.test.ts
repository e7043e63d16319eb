import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { TaylorAccumulator } from '../../../electron/engine/prune/index.ts';
import type { TrainingBatch } from '../../../electron/engine/teacher/index.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  stateFromCheckpoint,
  stateToCheckpoint,
  type TrainerState,
} from '../../../electron/engine/train/index.ts';
import { checkScaleSearch, type Options, train } from './loss-scaling.ts';
import { tinyDistillation, tinyOptions, toyBatches } from './tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

/** All numbers of a state, by name. */
function numbersOf({ weights, slots, average, methods }: TrainerState): Record<string, number[]> {
  const sets = [
    ['weights', weights],
    ['adapters', methods.features?.variables ?? new Map()],
    ['average', average ?? new Map()],
    ...slots,
  ] as const;
  return Object.fromEntries(
    sets.flatMap(([set, tensors]) =>
      [...tensors].map(([name, { values }]) => [`${set} ${name}`, [...values]] as [string, number[]]),
    ),
  );
}

function expectAlike(actual: TrainerState, expected: TrainerState, tolerance: number): void {
  const numbers = numbersOf(actual);
  for (const [name, values] of Object.entries(numbersOf(expected))) {
    for (const [i, value] of values.entries())
      expect(Math.abs(numbers[name]![i]! - value), `${name}[${i}]`).toBeLessThan(tolerance * (1 + Math.abs(value)));
  }
}

/** Toy batches, those at the given places of infinite images, whose gradients are no numbers. */
function batchesWithOverflow(count: number, ...bad: number[]): TrainingBatch[] {
  const batches = toyBatches(count);
  for (const i of bad) batches[i]!.images.fill(Number.POSITIVE_INFINITY);
  return batches;
}

const everything = { optimizer: { ema: 0.9, clipNorm: 2 }, distillation: tinyDistillation() };

test.each(['sgd', 'adamw'] as const)('a scaled loss trains as an unscaled one (%s)', async (name) => {
  const options = tinyOptions({ ...everything, optimizer: { ...everything.optimizer, name } });
  const plain = await train(options, toyBatches(6));
  const scaled = await train({ ...options, lossScaling: {} }, toyBatches(6));
  expectAlike(scaled.state, plain.state, 1e-4);
  for (const [part, loss] of Object.entries(plain.result.losses))
    expect(scaled.result.losses[part]! / loss, part).toBeCloseTo(1, 3);
  expect(plain.result).toMatchObject({ skippedSteps: 0, lossScale: null });
  expect(scaled.result).toMatchObject({ skippedSteps: 0, lossScale: 65536 });
  expect(plain.state.lossScale).toBeNull();
  expect(scaled.state.lossScale).toEqual({ scale: 65536, goodSteps: 6, updates: 6 });
});

describe.each(['sgd', 'adamw'] as const)('an overflow (%s)', (name) => {
  const options = { ...tinyOptions({ ...everything, optimizer: { ema: 0.9, name } }), lossScaling: {} };

  test('leaves parameters, statistics, average and optimizer untouched, and halves the scale', async () => {
    const before = await train(options, toyBatches(2));
    const from = { ...options, state: before.state };
    const { state, result, changes } = await train(from, batchesWithOverflow(1, 0));
    expect(numbersOf(state)).toEqual(numbersOf(before.state));
    expect(state.lossScale).toEqual({ scale: 32768, goodSteps: 0, updates: 2 });
    expect(state.step).toBe(3);
    expect(changes).toEqual([{ batch: 0, scale: 32768, skipped: true }]);
    expect(result).toMatchObject({ batches: 1, skippedSteps: 1, lossScale: 32768 });
  });

  test('is as if the batch had not been there', async () => {
    const good = toyBatches(4);
    const withBad = batchesWithOverflow(1, 0);
    const constant = { ...options, learningRate: () => 0.05, optimizer: { ...options.optimizer, ema: 0 } };
    // Without dropout, which the number of the batch decides.
    const network = structuredClone(constant.state.network);
    for (const node of network.nodes) if (node.op === 'dropout') Object.assign(node, { rate: 0 });
    const from = { ...constant, state: { ...constant.state, network } };
    const without = await train(from, good);
    const disturbed = await train(from, [good[0]!, withBad[0]!, ...good.slice(1)]);
    expectAlike(disturbed.state, without.state, 1e-5);
    // The loss of the batch left out was not a number and does not count.
    expect(disturbed.result.losses.crossEntropy).toBeCloseTo(without.result.losses.crossEntropy!, 5);
  });

  test('of the scale itself is survived: training finds the largest that works', async () => {
    const { state, changes, result } = await train(
      { ...options, lossScaling: { initialScale: 2 ** 80 } },
      Array.from({ length: 40 }, () => toyBatches(1)[0]!),
    );
    expect(result.skippedSteps).toBeGreaterThan(5);
    expect(result.skippedSteps).toBeLessThan(40);
    expect(changes.map(({ scale }) => scale)).toEqual(changes.map((_, i) => 2 ** (79 - i)));
    expect(state.lossScale!.updates).toBe(40 - result.skippedSteps);
    for (const values of Object.values(numbersOf(state))) expect(values.every(Number.isFinite)).toBe(true);
  });
});

test('growth is told, after the interval', async () => {
  const { changes, state } = await train(
    { ...tinyOptions(), lossScaling: { growthInterval: 3, initialScale: 8 } },
    batchesWithOverflow(9, 4),
  );
  expect(changes).toEqual([
    { batch: 2, scale: 16, skipped: false },
    { batch: 4, scale: 8, skipped: true },
    { batch: 7, scale: 16, skipped: false },
  ]);
  expect(state.lossScale).toEqual({ scale: 16, goodSteps: 1, updates: 8 });
});

test('a resumed training keeps the scale and goes on bit by bit alike', async () => {
  const options = {
    ...tinyOptions({ ...everything, optimizer: { name: 'adamw', ema: 0.9 } }),
    lossScaling: { growthInterval: 3, initialScale: 64 },
  };
  const batches = batchesWithOverflow(10, 1, 6);
  const whole = await train(options, batches);
  const half = await train(options, batches.slice(0, 5));
  const bytes = Buffer.concat(encodeCheckpoint(stateToCheckpoint(half.state)));
  const restored = stateFromCheckpoint(decodeCheckpoint(bytes))!;
  expect(restored.lossScale).toEqual({ scale: 64, goodSteps: 0, updates: 4 });
  const rest = await train({ ...options, state: restored }, batches.slice(5), { firstBatch: 5 });
  expect(rest.state).toEqual(whole.state);
  expect([...half.changes, ...rest.changes]).toEqual(whole.changes);
});

test('a checkpoint from before there was a scale starts with the initial one', async () => {
  const { state } = await train(tinyOptions(), toyBatches(2));
  const { data, tensors } = stateToCheckpoint(state);
  const old = Object.fromEntries(Object.entries(data).filter(([key]) => key !== 'lossScale'));
  const restored = stateFromCheckpoint({ data: old, tensors })!;
  expect(restored).toEqual(state);
  const resumed = await train({ ...tinyOptions(), state: restored, lossScaling: {} }, toyBatches(1));
  expect(resumed.state.lossScale).toEqual({ scale: 65536, goodSteps: 1, updates: 1 });
});

test('what accumulates importance sees gradients without the scale, and nothing of a step left out', async () => {
  const options = tinyOptions();
  const scoresOf = async (lossScaling: Options['lossScaling'], batches: TrainingBatch[]) => {
    const accumulator = new TaylorAccumulator(options.state.network);
    await train({ ...options, learningRate: () => 0, lossScaling }, batches, {
      onGradients: (gradients, values) => accumulator.add(gradients, values),
    });
    const { sums } = await accumulator.toState();
    accumulator.dispose();
    return [...sums].flatMap(([, values]) => [...values]);
  };
  const plain = await scoresOf(undefined, toyBatches(3));
  const scaled = await scoresOf({}, batchesWithOverflow(4, 3));
  for (const [i, value] of plain.entries()) expect(scaled[i]! / value).toBeCloseTo(1, 4);
});

describe('truly bad numbers', () => {
  const diverged = (message: RegExp) =>
    expect.objectContaining({ code: 'training.diverged', message: expect.stringMatching(message) });
  const all = Array.from({ length: 60 }, (_, i) => i);

  test('end the run once no scale helps', async () => {
    let steps = 0;
    // Losses are read after 20 steps, or sooner where time passes.
    const clock = { now: () => 0, elapsedMs: () => 0 };
    const options = { ...tinyOptions({ stage: 'student' }), lossScaling: {}, clock };
    await expect(train(options, batchesWithOverflow(60, ...all.slice(3)), { onStep: () => steps++ })).rejects.toThrow(
      diverged(/epoch 2, batch 20: gradients overflow at any loss scale down to 0.5 \(steps skipped in a row: 17\)/),
    );
    expect(steps).toBe(20);
  });

  test('leave no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const options = { ...tinyOptions(everything), lossScaling: {} };
    await train(options, batchesWithOverflow(25, 3, 24));
    await train(options, batchesWithOverflow(60, ...all)).catch(() => undefined);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('in half precision: finds a scale at which gradients stay in the range of f16, and learns', async () => {
  try {
    await checkScaleSearch('simd');
  } finally {
    await startCompute({ backend: 'simd', threads: 1 });
  }
});
