import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { describeBalance } from '../../../electron/engine/distill/index.ts';
import { forward, Parameters, type Weights } from '../../../electron/engine/model/index.ts';
import { TaylorAccumulator } from '../../../electron/engine/prune/index.ts';
import {
  cutState,
  decodeCheckpoint,
  encodeCheckpoint,
  stateFromCheckpoint,
  stateToCheckpoint,
  Trainer,
  type TrainerState,
} from '../../../electron/engine/train/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { tinyDistillation, tinyOptions, toyBatches } from './tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 2 });
});
afterAll(stopCompute);

const epoch = { epoch: 1, epochs: 4 };

async function withTrainer<T>(
  options: ReturnType<typeof tinyOptions>,
  use: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const trainer = new Trainer(options);
  try {
    return await use(trainer);
  } finally {
    trainer.dispose();
  }
}

describe('training', () => {
  test.each(['sgd', 'adamw'] as const)('lowers the loss on separable images (%s)', async (name) => {
    const options = tinyOptions({ optimizer: { name }, learningRate: () => (name === 'sgd' ? 0.1 : 0.02) });
    await withTrainer(options, async (trainer) => {
      const first = await trainer.train(toyBatches(10), epoch);
      await trainer.train(toyBatches(40), epoch);
      const last = await trainer.train(toyBatches(10), epoch);
      expect(first.losses.crossEntropy).toBeGreaterThan(0.7);
      expect(last.losses.crossEntropy).toBeLessThan(0.4);
      expect(first.top1).toBeLessThan(0.8);
      expect(last.top1).toBeGreaterThan(0.85);
      expect(last).toMatchObject({ batches: 10, images: 120 });
    });
  });

  test('brings a student near its teacher, features included', async () => {
    const distillation = tinyDistillation({
      crossEntropy: { weight: 0 },
      logits: { weight: 1 },
      features: { weight: 1 },
      attention: { weight: 1 },
    });
    await withTrainer(tinyOptions({ distillation }), async (trainer) => {
      const first = await trainer.train(toyBatches(10), epoch);
      await trainer.train(toyBatches(50), epoch);
      const last = await trainer.train(toyBatches(10), epoch);
      expect(Object.keys(first.losses)).toEqual(['logits', 'features', 'attention']);
      expect(last.losses.features!).toBeLessThan(0.8 * first.losses.features!);
      expect(last.losses.attention!).toBeLessThan(first.losses.attention!);
    });
  });

  test('scores each image by its loss and by what its teacher counts, where somebody teaches', async () => {
    const before = tf.memory().numTensors;
    const [batch] = toyBatches(1);
    const indices = Int32Array.from({ length: batch!.size }, (_, i) => 100 + i);
    const distillation = { ...tinyDistillation(), perImage: { weight: 'relative-loss', trust: 'always' } as const };
    const options = tinyOptions({ distillation });
    const result = await withTrainer(options, (trainer) => trainer.train([{ ...batch!, indices }], epoch));
    await distillation.teacher.close();
    const { images, losses, weights } = result.scores!;
    expect(images).toEqual(indices);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(mean).toBeCloseTo(result.losses.crossEntropy!, 5); // Labels are not smoothed here.
    expect(weights.every((weight) => weight > 0 && weight < 1)).toBe(true);
    expect(new Set(weights).size).toBeGreaterThan(1);
    await withTrainer(tinyOptions(), async (trainer) => {
      expect((await trainer.train([{ ...batch!, indices }], epoch)).scores).toBeNull();
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('makes up for rare classes from the epoch on that the recipe names', async () => {
    const classCounts = Float32Array.of(900, 90, 9);
    const { balance } = recipeSchema.parse({ balance: { labels: 'balanced-softmax', from: 0.5 } });
    const lossIn = (of: number, options: object) =>
      withTrainer(
        tinyOptions(options),
        async (trainer) => (await trainer.train(toyBatches(1), { epoch: of, epochs: 4 })).losses.crossEntropy,
      );
    const balanced = { balance: describeBalance(balance, classCounts) };
    expect(await lossIn(1, balanced)).toBe(await lossIn(1, {}));
    expect(await lossIn(2, balanced)).not.toBe(await lossIn(2, {}));
  });

  test('takes the very step that the loss asks for', async () => {
    // One plain step of gradient descent on one parameter, against central differences of the whole loss.
    const options = tinyOptions({ optimizer: { momentum: 0, weightDecay: 0 }, learningRate: () => 1 });
    const [batch] = toyBatches(1);
    const lossOf = async (weights: Weights) => {
      const state = { ...options.state, weights };
      return withTrainer(
        { ...options, state },
        async (trainer) => (await trainer.train([batch!], epoch)).losses.crossEntropy!,
      );
    };
    const after = await withTrainer(options, async (trainer) => {
      await trainer.train([batch!], epoch);
      return (await trainer.exportState()).weights;
    });
    for (const name of ['stem/weight', 'window/bn/gamma', 'excite/bias', 'logits/weight']) {
      const before = options.state.weights.get(name)!;
      const step = 1e-2;
      const at = async (change: number) => {
        const values = before.values.slice();
        values[1]! += change;
        return lossOf(new Map([...options.state.weights, [name, { shape: before.shape, values }]]));
      };
      const slope = ((await at(step)) - (await at(-step))) / (2 * step);
      const taken = before.values[1]! - after.get(name)!.values[1]!;
      expect(Math.abs(taken - slope), name).toBeLessThan(2e-3 + 0.02 * Math.abs(slope));
    }
  });

  test('keeps to the ramp of the loss weights', async () => {
    const distillation = tinyDistillation({
      crossEntropy: { schedule: { shape: 'linear' } },
      logits: { schedule: { shape: 'linear' } },
      features: { schedule: { shape: 'linear' } },
    });
    await withTrainer(tinyOptions({ distillation }), async (trainer) => {
      const names = async (number: number) =>
        Object.keys((await trainer.train(toyBatches(1), { epoch: number, epochs: 4 })).losses);
      expect(await names(0)).toEqual(['crossEntropy']);
      expect(await names(1)).toEqual(['crossEntropy', 'logits', 'features']);
      expect(await names(2)).toEqual(['logits', 'features']);
    });
  });

  test('tells each step, and asks for its learning rate by its number', async () => {
    const steps: unknown[] = [];
    await withTrainer(tinyOptions({ learningRate: (step) => 0.01 * (step + 1) }), async (trainer) => {
      await trainer.train(toyBatches(1), epoch);
      await trainer.train(toyBatches(2), { ...epoch, firstBatch: 1, onStep: (step) => steps.push(step) });
    });
    expect(steps).toEqual([
      { batch: 1, images: 12, learningRate: 0.02 },
      { batch: 2, images: 12, learningRate: 0.03 },
    ]);
  });

  test('hands gradients to whoever accumulates importance', async () => {
    const options = tinyOptions();
    const accumulator = new TaylorAccumulator(options.state.network);
    await withTrainer(options, async (trainer) => {
      await trainer.train(toyBatches(3), {
        ...epoch,
        onGradients: (gradients, values) => accumulator.add(gradients, values),
      });
    });
    expect(accumulator.batches).toBe(3);
    const scores = await accumulator.scores();
    expect([...scores.values()].every((values) => values.some((value) => value > 0))).toBe(true);
    accumulator.dispose();
  });

  test('stops between steps when asked to', async () => {
    const controller = new AbortController();
    await withTrainer(tinyOptions(), async (trainer) => {
      const stopped = await trainer.train(toyBatches(5), {
        ...epoch,
        signal: controller.signal,
        onStep: ({ batch }) => batch === 1 && controller.abort(new Error('enough')),
      });
      expect(stopped).toMatchObject({ batches: 2, images: 24 });
      expect((await trainer.exportState()).step).toBe(2);
    });
  });

  test('leaves no tensors behind, with everything switched on', async () => {
    const before = tf.memory().numTensors;
    const distillation = tinyDistillation({ attention: { weight: 1 } });
    await withTrainer(tinyOptions({ distillation, optimizer: { clipNorm: 1, ema: 0.99 } }), async (trainer) => {
      await trainer.train(toyBatches(1), epoch);
      const running = tf.memory().numTensors;
      await trainer.train(toyBatches(25), epoch);
      await trainer.recalibrate(toyBatches(2));
      await trainer.exportState();
      expect(tf.memory().numTensors - running).toBe(0);
    });
    await distillation.teacher.close();
    expect(tf.memory().numTensors - before).toBe(0);
  });
});

describe('restoring', () => {
  test.each(['sgd', 'adamw'] as const)('goes on bit by bit alike through a checkpoint (%s)', async (name) => {
    const options = tinyOptions({ distillation: tinyDistillation(), optimizer: { name, ema: 0.9, clipNorm: 2 } });
    const batches = toyBatches(8);
    const undisturbed = await withTrainer(options, async (trainer) => {
      await trainer.train(batches, epoch);
      return trainer.exportState();
    });
    const half = await withTrainer(options, async (trainer) => {
      await trainer.train(batches.slice(0, 3), epoch);
      return trainer.exportState();
    });
    const bytes = Buffer.concat(encodeCheckpoint(stateToCheckpoint(half, 'student.')));
    const restored = stateFromCheckpoint(decodeCheckpoint(bytes), 'student.')!;
    const resumed = await withTrainer({ ...options, state: restored }, async (trainer) => {
      await trainer.train(batches.slice(3), { ...epoch, firstBatch: 3 });
      return trainer.exportState();
    });
    expect(resumed).toEqual(undisturbed);
    expect(undisturbed.average).not.toEqual(undisturbed.weights);
  });

  test('what was exported does not change as training goes on', async () => {
    await withTrainer(tinyOptions(), async (trainer) => {
      const state = await trainer.exportState();
      const copy = structuredClone(state);
      await trainer.train(toyBatches(2), epoch);
      expect(state).toEqual(copy);
    });
  });

  test('goes on after a cut, with all that belongs to the removed channels gone', async () => {
    const options = tinyOptions({ distillation: tinyDistillation(), optimizer: { name: 'adamw', ema: 0.9 } });
    const state = await withTrainer(options, async (trainer) => {
      await trainer.train(toyBatches(2), epoch);
      return trainer.exportState();
    });
    const keep = new Map([
      ['stem', Int32Array.of(0, 2, 3, 5)],
      ['expand', Int32Array.of(1, 2, 3, 4, 5, 8, 9, 11)],
    ]);
    const cut = cutState(state, { keep });
    expect(cut.methods.features!.variables.get('project/bn~project/bn/weight')!.shape).toEqual([1, 1, 4, 9]);
    expect(cut.slots.get('secondMoment')!.get('distill.features/sum~expand/bn/weight')!.shape).toEqual([1, 1, 4, 18]);
    expect(cut.average!.get('expand/weight')!.shape).toEqual([1, 1, 4, 8]);
    await withTrainer({ ...options, state: cut }, async (trainer) => {
      await trainer.recalibrate(toyBatches(2));
      await trainer.train(toyBatches(2), epoch);
      expect((await trainer.exportState()).step).toBe(4);
    });
  });
});

describe('moving average', () => {
  test('follows the weights with a memory that grows', async () => {
    const options = tinyOptions({ optimizer: { ema: 0.5 } });
    await withTrainer(options, async (trainer) => {
      const read = (parameters: Parameters) => parameters.get('logits/weight').dataSync<'float32'>().slice();
      const start = read(trainer.parameters);
      await trainer.train(toyBatches(1), epoch);
      const decay = 2 / 11; // min(0.5, (1 + 1) / (10 + 1))
      const [now, average] = [read(trainer.parameters), read(trainer.average!)];
      for (let i = 0; i < now.length; i++) expect(average[i]).toBeCloseTo(decay * start[i]! + (1 - decay) * now[i]!, 5);
    });
  });
});

describe('batch norm statistics', () => {
  test('move by a tenth of each batch, with the unbiased variance', async () => {
    const options = tinyOptions({ learningRate: () => 0 });
    const [batch] = toyBatches(1);
    const seen = tf.tidy(() => {
      const parameters = Parameters.fromWeights(options.state.network, options.state.weights);
      const images = tf.tensor4d(batch!.images, [12, 6, 6, 3]);
      const { taps } = forward(options.state.network, parameters, images, { training: true, taps: ['stem'] });
      const { mean, variance } = tf.moments(taps.get('stem')!, [0, 1, 2]);
      parameters.dispose();
      return { mean: mean.dataSync()[0]!, variance: variance.dataSync()[0]! };
    });
    await withTrainer(options, async (trainer) => {
      await trainer.train([batch!], epoch);
      const { weights } = await trainer.exportState();
      const count = 12 * 3 * 3;
      expect(weights.get('stem/bn/mean')!.values[0]).toBeCloseTo(0.1 * seen.mean, 5);
      const unbiased = (seen.variance * count) / (count - 1);
      expect(weights.get('stem/bn/variance')!.values[0]).toBeCloseTo(0.9 + 0.1 * unbiased, 5);
    });
  });

  test('are the plain mean over the batches after recalibration', async () => {
    const options = tinyOptions();
    const batches = toyBatches(3);
    const means: number[] = [];
    for (const batch of batches) {
      await withTrainer(options, async (trainer) => {
        await trainer.recalibrate([batch]);
        means.push((await trainer.exportState()).weights.get('stem/bn/mean')!.values[0]!);
      });
    }
    await withTrainer(options, async (trainer) => {
      await trainer.recalibrate(batches);
      const { weights, step } = await trainer.exportState();
      const mean = means.reduce((sum, value) => sum + value, 0) / 3;
      expect(weights.get('stem/bn/mean')!.values[0]).toBeCloseTo(mean, 5);
      expect(weights.get('logits/weight')).toEqual(options.state.weights.get('logits/weight'));
      expect(step).toBe(0);
    });
  });
});

describe('bad numbers', () => {
  const diverged = (message: RegExp) =>
    expect.objectContaining({ code: 'training.diverged', message: expect.stringMatching(message) });

  test('stop training with the batch, the loss and the parameter', async () => {
    const batches = toyBatches(30);
    batches[4]!.images.fill(Number.NaN);
    await withTrainer(tinyOptions({ stage: 'fine-tune' }), async (trainer) => {
      await expect(trainer.train(batches, epoch)).rejects.toThrow(
        diverged(/\(fine-tune\).*epoch 2, batch 5: the crossEntropy loss became NaN, and "stem\/weight"/),
      );
      await expect(trainer.exportState()).rejects.toThrow(diverged(/"stem\/weight" is not finite/));
    });
  });

  test('are noticed within 20 steps', async () => {
    let steps = 0;
    const batches = toyBatches(60);
    batches[0]!.images.fill(Number.POSITIVE_INFINITY);
    await withTrainer(tinyOptions(), async (trainer) => {
      await expect(trainer.train(batches, { ...epoch, onStep: () => steps++ })).rejects.toThrow(diverged(/batch 1:/));
    });
    expect(steps).toBe(20);
  });

  test('in the last step are noticed when the state is exported', async () => {
    await withTrainer(tinyOptions({ learningRate: () => Number.POSITIVE_INFINITY }), async (trainer) => {
      await trainer.train(toyBatches(1), epoch);
      await expect(trainer.exportState()).rejects.toThrow(diverged(/after step 1/));
    });
  });

  test('leave no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const batches = toyBatches(2);
    batches[0]!.images.fill(Number.NaN);
    await withTrainer(tinyOptions(), (trainer) => trainer.train(batches, epoch).catch(() => undefined));
    expect(tf.memory().numTensors - before).toBe(0);
  });
});

test('slots of another network are refused by name', () => {
  const options = tinyOptions();
  const slots = new Map([['velocity', new Map([['stem/weight', { shape: [1], values: new Float32Array(1) }]])]]);
  const state: TrainerState = { ...options.state, slots };
  expect(() => new Trainer({ ...options, state })).toThrow(/velocity of "stem\/weight" has the shape \[1\]/);
});
