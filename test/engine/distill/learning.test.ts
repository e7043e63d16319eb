import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { cutState, Trainer } from '../../../electron/engine/train/index.ts';
import { METHOD_NAMES, METHODS, type MethodName } from '../../../shared/run/methods.ts';
import { startReusing, tinyDistillation, tinyOptions, toyBatches } from '../train/tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const NAMES = METHOD_NAMES.filter((name) => ['features', 'relations', 'images'].includes(METHODS[name].family));
/** Weights under which these methods move as much as the others, and settings for networks as small as these. */
const SETTINGS: Partial<Record<MethodName, object>> = {
  reviewkd: { weight: 1, channels: 6 },
  nst: { weight: 10 },
  sp: { weight: 300 },
  rkd: { weight: 10 },
  pkt: { weight: 30 },
  crd: { weight: 0.3, length: 12 },
  simclr: { weight: 1, hidden: 12, length: 8 },
};

const OFF = { crossEntropy: { weight: 0 }, logits: { weight: 0 }, features: { weight: 0 } };
const IMAGES = 36;
/** The same images over and over. */
const batches = () =>
  toyBatches(IMAGES / 12).map((batch, i) => ({
    ...batch,
    indices: Int32Array.from({ length: batch.size }, (_, image) => i * batch.size + image),
    secondView: batch.images.map((value, at) => value + 0.3 * Math.sin(at)),
    unlabelled: toyBatches(1, { size: 8, seed: `unlabelled ${i}` })[0]!,
  }));

function openTrainer(name: MethodName, options: Parameters<typeof tinyOptions>[0] = {}) {
  const distillation = tinyDistillation({ ...OFF, [name]: SETTINGS[name] ?? { weight: 1 } });
  const reusing = name === 'simkd' ? { state: startReusing(distillation) } : {};
  const trainer = new Trainer(
    tinyOptions({ distillation, images: IMAGES, learningRate: () => 0.02, ...reusing, ...options }),
  );
  const close = async () => {
    trainer.dispose();
    await distillation.teacher.close();
  };
  return { trainer, close };
}

test.each(NAMES)('a student learns by %s alone, and leaves nothing behind', async (name) => {
  const before = tf.memory().numTensors;
  const { trainer, close } = openTrainer(name);
  const train = async () => (await trainer.train(batches(), { epoch: 0, epochs: 1 })).losses[name]!;
  await train(); // A memory of images begins with none.
  const first = await train();
  for (let i = 0; i < 6; i++) await train();
  expect(await train()).toBeLessThan(first);
  await close();
  expect(tf.memory().numTensors).toBe(before);
});

test.each(NAMES)('%s goes on where it stopped, and after a cut', async (name) => {
  const { trainer, close } = openTrainer(name);
  await trainer.train(batches(), { epoch: 0, epochs: 2 });
  const state = await trainer.exportState();
  const resumed = openTrainer(name, { state });
  for (const each of [trainer, resumed.trainer]) await each.train(batches(), { epoch: 1, epochs: 2 });
  expect(await resumed.trainer.exportState()).toEqual(await trainer.exportState());
  await close();
  await resumed.close();
  const keep = new Map([
    ['stem', Int32Array.of(0, 2, 3, 5)],
    ['expand', Int32Array.of(1, 2, 3, 4, 5, 8, 9, 11)],
  ]);
  const cut = openTrainer(name, { state: cutState(state, { keep }) });
  const { losses } = await cut.trainer.train(batches(), { epoch: 1, epochs: 2 });
  expect(losses[name]).toEqual(expect.any(Number));
  await cut.close();
});
