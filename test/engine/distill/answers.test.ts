import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { METHOD_MODULES, NO_STATE, readAnswers, standardizeLogits } from '../../../electron/engine/distill/index.ts';
import { Trainer } from '../../../electron/engine/train/index.ts';
import {
  keepLogitMethods,
  listActiveMethods,
  METHOD_NAMES,
  METHOD_SCHEMAS,
  METHODS,
  type MethodName,
} from '../../../shared/run/methods.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { tinyDistillation, tinyOptions, toyBatches } from '../train/tiny.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

/** Those that need nothing but answers to the images as they are. */
const ANSWERS = METHOD_NAMES.filter((name) => METHODS[name].needs.join() === 'teacherLogits');
const alone = (name: MethodName, settings: object = {}) => ({
  ...Object.fromEntries(METHOD_NAMES.map((each) => [each, { weight: 0 }])),
  [name]: { weight: 1, ...settings },
});

test('z-scores have the values worked out by hand: mean and deviation of each image are gone', () => {
  const scores = standardizeLogits(
    tf.tensor2d([
      [1, 3, 5],
      [-7, -7, -1],
    ]),
  );
  const [a, b] = [Math.sqrt(3 / 2), Math.SQRT1_2];
  for (const [i, score] of [-a, 0, a, -b, -b, 2 * b].entries()) expect(scores.dataSync()[i]).toBeCloseTo(score, 5);
});

test('z-scores have the gradient of central differences, a finite one where all logits are the same', () => {
  const weights = draw<tf.Rank.R2>([3, 4], 'weights');
  const weigh = (x: tf.Tensor2D) => tf.sum<tf.Scalar>(tf.mul(standardizeLogits(x), weights));
  expectGradient(weigh, draw<tf.Rank.R2>([3, 4], 'logits'), { tolerance: 5e-3 });
  const flat = tf.fill<tf.Rank.R2>([3, 4], 2);
  expect([...standardizeLogits(flat).dataSync()]).toEqual(new Array(12).fill(0));
  expect(
    tf
      .grad((x) => weigh(x as tf.Tensor2D))(flat)
      .dataSync()
      .every(Number.isFinite),
  ).toBe(true);
});

test('answers are read as they are, or as z-scores, and nothing is left behind', () => {
  const inputs = { logits: draw<tf.Rank.R2>([2, 3], 's'), teacherLogits: draw<tf.Rank.R2>([2, 3], 't') };
  const before = tf.memory().numTensors;
  expect(readAnswers(inputs, { standardize: false })).toEqual({
    student: inputs.logits,
    teacher: inputs.teacherLogits,
  });
  tf.tidy(() => {
    const { student, teacher } = readAnswers(inputs, { standardize: true });
    expect(student.dataSync()).toEqual(standardizeLogits(inputs.logits).dataSync());
    expect(teacher.dataSync()).toEqual(standardizeLogits(inputs.teacherLogits).dataSync());
  });
  expect(tf.memory().numTensors).toBe(before);
});

test.each(ANSWERS.filter((name) => 'standardize' in METHODS[name].settings))(
  '%s: with z-scores, neither mean nor size of the logits matters',
  (name) => {
    const [student, teacher] = [draw<tf.Rank.R2>([3, 4], 'student'), draw<tf.Rank.R2>([3, 4], 'teacher')];
    const compute = (standardize: boolean, scale: number) => {
      const settings = METHOD_SCHEMAS[name].parse({ weight: 1, standardize }) as never; // The schema of the same name.
      const facts = {
        classes: 4,
        labelSmoothing: 0,
        pairs: [],
        embeddings: null,
        ownEmbedding: null,
        classCounts: null,
        balance: null,
        images: null,
      };
      const method = METHOD_MODULES[name].open({ settings, facts, state: NO_STATE, random: new Random(1) });
      const loss = method.compute({
        logits: tf.add(tf.mul(student, scale), 5),
        teacherLogits: tf.sub(teacher, 2),
        levels: [],
        lastMaps: null,
        embeddings: null,
        ownEmbedding: null,
        secondView: null,
        rotations: [],
        unlabelled: null,
        targets: tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1], [3, 4]),
        sampleIds: null,
        epoch: 0,
        epochs: 2,
      });
      method.dispose();
      return [...loss.dataSync()];
    };
    const [once, tenfold] = [compute(true, 1), compute(true, 10)];
    for (const [i, value] of once.entries()) expect(tenfold[i]! / value).toBeCloseTo(1, 3);
    expect(compute(false, 10)[0]! / compute(false, 1)[0]!).not.toBeCloseTo(1, 1);
  },
);

test.each(ANSWERS)('%s alone teaches a student, and leaves no tensors behind', async (name) => {
  const before = tf.memory().numTensors;
  const distillation = tinyDistillation(alone(name));
  const trainer = new Trainer(tinyOptions({ distillation, learningRate: () => 0.01 }));
  try {
    const epoch = { epoch: 0, epochs: 4 };
    const first = await trainer.train(toyBatches(5), epoch);
    await trainer.train(toyBatches(20), epoch);
    const last = await trainer.train(toyBatches(5), epoch);
    expect(Object.keys(last.losses)).toEqual([name]);
    expect(last.losses[name]!).toBeLessThan(0.9 * first.losses[name]!);
  } finally {
    trainer.dispose();
    distillation.teacher.close();
  }
  expect(tf.memory().numTensors).toBe(before);
});

test.each(ANSWERS)('%s trains a classifier of integers too', (name) => {
  const { distill } = recipeSchema.parse({ distill: alone(name) });
  expect(listActiveMethods(keepLogitMethods(distill))).toEqual([name]);
  expect(METHODS[name].trainsClassifier).toBe(true);
});
