import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { contrastViews } from '../../../electron/engine/distill/index.ts';
import { forward, initializeWeights, Parameters } from '../../../electron/engine/model/index.ts';
import { differentiateInChunks } from '../../../electron/engine/train/chunked-gradients.ts';
import { Trainer } from '../../../electron/engine/train/index.ts';
import { tinyDistillation, tinyNetwork, tinyOptions, toyBatches } from './tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const CHUNK = 5;
const network = tinyNetwork(6, { dropout: 0 });

test('gradients are those of the loss of the whole batch, whose parts batch norm sees by themselves', () => {
  const before = tf.memory().numTensors;
  const parameters = Parameters.fromWeights(network, initializeWeights(network, new Random('chunks')));
  const trained = parameters.specs
    .filter(({ trainable }) => trainable)
    .map(({ name }) => parameters.variables.get(name)!);
  const scale = tf.tidy(() => tf.variable(tf.tensor1d([1.2, 0.7, 1, 1.4, 0.5, 2])));
  tf.tidy(() => {
    const [first, second] = toyBatches(2).map(({ images, size }) => tf.tensor4d(images, [size, 6, 6, 3]));
    const views = [first!, second!];
    const embed = (images: tf.Tensor4D) => {
      const { taps, statistics } = forward(network, parameters, images, { training: true, taps: ['flat'] });
      return { embedding: taps.get('flat') as tf.Tensor2D, statistics };
    };
    const compare = ([one, other]: readonly tf.Tensor2D[]) =>
      tf.mean<tf.Scalar>(contrastViews(tf.mul(one!, scale), tf.mul(other!, scale)));
    // All at once, on one tape, part by part.
    const whole = tf.variableGrads(() => {
      const all = views.map((view) =>
        tf.concat(
          [0, CHUNK, 2 * CHUNK].map(
            (start) => embed(tf.slice4d(view, [start, 0, 0, 0], [Math.min(CHUNK, 12 - start), 6, 6, 3])).embedding,
          ),
        ),
      );
      return compare(all);
    }, [...trained, scale]);
    const { ofNetwork, ofLoss, statistics } = differentiateInChunks({
      views,
      chunk: CHUNK,
      embed,
      compare,
      ofNetwork: trained,
      ofLoss: [scale],
    });
    for (const [i, variable] of [...trained, scale].entries()) {
      const wanted = whole.grads[variable.name] as tf.Tensor | undefined;
      const got = [...ofNetwork, ...ofLoss][i]!;
      expect(got === null).toBe(wanted == null);
      if (!wanted || !got) continue;
      const error = tf.max(tf.abs(tf.sub(got, wanted))).dataSync()[0]!;
      expect(error, variable.name).toBeLessThan(1e-5 * Math.max(1, tf.max(tf.abs(wanted)).dataSync()[0]!));
    }
    // Means over the parts of the first view.
    const parts = [0, CHUNK, 2 * CHUNK].map(
      (start) => embed(tf.slice4d(first!, [start, 0, 0, 0], [Math.min(CHUNK, 12 - start), 6, 6, 3])).statistics[0]!,
    );
    const mean = parts.reduce((sum, part) => sum + part.mean.dataSync()[0]! / 3, 0);
    expect(statistics[0]!.mean.dataSync()[0]).toBeCloseTo(mean, 5);
  });
  parameters.dispose();
  scale.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test.each(['simclr', 'queue'] as const)(
  'a trainer learns by %s in chunks, goes on where it stopped, and leaves nothing behind',
  async (name) => {
    const before = tf.memory().numTensors;
    const off = { crossEntropy: { weight: 0 }, logits: { weight: 0 }, features: { weight: 0 } };
    const settings = name === 'simclr' ? { weight: 1, hidden: 12, length: 8 } : { weight: 1 };
    const distillation = tinyDistillation({ ...off, [name]: settings });
    const batches = () =>
      toyBatches(3).map((batch) => ({
        ...batch,
        secondView: batch.images.map((value, at) => value + 0.3 * Math.sin(at)),
        unlabelled: 'own' as const,
      }));
    const open = (state = tinyOptions().state) =>
      new Trainer(tinyOptions({ distillation, chunk: CHUNK, learningRate: () => 0.02, state }));
    const trainer = open();
    const first = (await trainer.train(batches(), { epoch: 0, epochs: 9 })).losses[name]!;
    const state = await trainer.exportState();
    const resumed = open(state);
    for (const each of [trainer, resumed]) await each.train(batches(), { epoch: 1, epochs: 9 });
    expect(await resumed.exportState()).toEqual(await trainer.exportState());
    let last = first;
    for (let epoch = 2; epoch < 9; epoch++) last = (await trainer.train(batches(), { epoch, epochs: 9 })).losses[name]!;
    expect(last).toBeLessThan(name === 'simclr' ? first : Number.POSITIVE_INFINITY);
    for (const each of [trainer, resumed]) each.dispose();
    await distillation.teacher.close();
    expect(tf.memory().numTensors).toBe(before);
  },
);
