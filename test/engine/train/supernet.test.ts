import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { forward, initializeWeights, Parameters } from '../../../electron/engine/model/index.ts';
import { channelGroups, resizeNetwork } from '../../../electron/engine/prune/index.ts';
import { takeWeights } from '../../../electron/engine/search/index.ts';
import {
  orderState,
  recalibrate,
  startState,
  Trainer,
  type TrainerState,
} from '../../../electron/engine/train/index.ts';
import { CLASSES, SIZE, tinyDistillation, tinyNetwork, tinyOptions, toyBatches } from './tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 2 });
});
afterAll(stopCompute);

const NETWORK = tinyNetwork();
const groups = channelGroups(NETWORK);
/** A third of the channels of every group. */
const NARROW = resizeNetwork(
  NETWORK,
  groups,
  new Map(groups.filter(({ prunable }) => prunable).map(({ id, channels }) => [id, Math.ceil(channels / 3)])),
);

async function train(options: ReturnType<typeof tinyOptions>, steps: number, seed = 'toy') {
  const trainer = new Trainer(options);
  try {
    const result = await trainer.train(toyBatches(steps, { seed }), { epoch: 1, epochs: 4 });
    return { result, state: await trainer.exportState() };
  } finally {
    trainer.dispose();
  }
}

/** Top-1 of a part of the network by itself, with statistics of its own. */
async function judgeNarrow({ weights }: TrainerState): Promise<number> {
  const parameters = Parameters.fromWeights(NARROW, takeWeights(weights, NARROW));
  await recalibrate(NARROW, [parameters], { batches: toyBatches(10, { seed: 'known' }), random: new Random('none') });
  let [right, all] = [0, 0];
  for (const { images, targets, size } of toyBatches(20, { seed: 'asked' })) {
    const guesses = tf.tidy(() => {
      const { logits } = forward(NARROW, parameters, tf.tensor4d(images, [size, SIZE, SIZE, 3]), { training: false });
      return tf.argMax(logits, 1);
    });
    const [guessed] = [await guesses.data()];
    guesses.dispose();
    for (let i = 0; i < size; i++) right += targets[i * CLASSES + guessed[i]!]!;
    all += size;
  }
  parameters.dispose();
  return right / all;
}

describe('narrower networks beside the whole one', () => {
  test('learn from it, and leave no tensors', async () => {
    const before = tf.memory().numTensors;
    const options = { learningRate: () => 0.1 };
    const alone = await train(tinyOptions(options), 60);
    const together = await train(tinyOptions({ ...options, narrow: () => [NARROW] }), 60);
    expect(together.result.losses.crossEntropy).toBeLessThan(0.5);
    expect(await judgeNarrow(together.state)).toBeGreaterThan(0.8);
    expect(await judgeNarrow(together.state)).toBeGreaterThan(await judgeNarrow(alone.state));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are those of the step, and learn beside a teacher and a loss that is scaled', async () => {
    const asked: string[] = [];
    const distillation = tinyDistillation();
    const narrow = (epoch: number, batch: number) => {
      asked.push(`${epoch} ${batch}`);
      return [NARROW, NARROW];
    };
    const plain = await train(tinyOptions({ distillation, narrow }), 3);
    expect(asked).toEqual(['1 0', '1 1', '1 2']);
    const scaled = await train(tinyOptions({ distillation, narrow, lossScaling: { initialScale: 1024 } }), 3);
    await distillation.teacher.close();
    for (const [name, { values }] of plain.state.weights)
      for (const [i, value] of scaled.state.weights.get(name)!.values.entries())
        expect(value).toBeCloseTo(values[i]!, 4);
  });
});

describe('an order of channels', () => {
  test.each(['sgd', 'adamw'] as const)('goes through everything that training remembers (%s)', async (name) => {
    const distillation = tinyDistillation({ features: { weight: 0.5 }, reviewkd: { weight: 1 } });
    const options = { distillation, optimizer: { name }, learningRate: () => 0.01 };
    // Dropout draws by place: what is dropped would differ.
    const network = tinyNetwork(6, { dropout: 0 });
    const fresh = startState(network, initializeWeights(network, new Random('student')));
    const { state } = await train(tinyOptions({ ...options, state: fresh }), 4);
    const random = new Random('order');
    const keep = new Map(
      groups
        .filter(({ prunable }) => prunable)
        .map(({ id, channels }) => [id, random.shuffle(Int32Array.from({ length: channels }, (_, i) => i))]),
    );
    const ordered = orderState(state, { keep });
    expect(ordered.weights.get('stem/weight')).not.toEqual(state.weights.get('stem/weight'));
    const before = await train(tinyOptions({ ...options, state }), 5, 'after');
    const after = await train(tinyOptions({ ...options, state: ordered }), 5, 'after');
    await distillation.teacher.close();
    for (const [part, loss] of Object.entries(before.result.losses))
      expect(after.result.losses[part]! / loss, part).toBeCloseTo(1, 3);
    const back = new Map(
      [...keep].map(([id, order]) => [id, Int32Array.from(order, (_, channel) => order.indexOf(channel))]),
    );
    expect(orderState(ordered, { keep: back })).toEqual(state);
  });

  test('of some channels alone is refused', async () => {
    const { state } = tinyOptions();
    const some = new Map([['stem', Int32Array.of(2, 1, 0)]]);
    expect(() => orderState(state, { keep: some })).toThrow(/names 3 of its 6 channels/);
  });
});
