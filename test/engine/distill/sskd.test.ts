import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differentiate, startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { contrastLoss, similarityDivergence } from '../../../electron/engine/distill/index.ts';
import { Trainer } from '../../../electron/engine/train/index.ts';
import { tinyDistillation, tinyOptions, toyBatches } from '../train/tiny.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

/** Of two upright images and two turns: the second turn of the first image, and both of the second, are taken for the other. */
const COSINES = [
  [0.5, 0.1],
  [0.9, 0.2],
  [0.3, 0.6],
  [0.4, 0.2],
];

test('contrast has the values worked out by hand', () => {
  const losses = contrastLoss(tf.tensor2d(COSINES), { temperature: 0.5 }).dataSync();
  const miss = (own: number, other: number) => Math.log(1 + Math.exp((other - own) / 0.5));
  expect(losses[0]).toBeCloseTo((miss(0.5, 0.1) + miss(0.3, 0.6)) / 2, 5);
  expect(losses[1]).toBeCloseTo((miss(0.2, 0.9) + miss(0.2, 0.4)) / 2, 5);
});

test.each([
  [1, [0, 1, 2, 3]],
  [0.75, [0, 1, 2]],
  [0.34, [0, 1]],
  [0, [0]],
])('similarities: of a share of %d of the mistakes these count: %j', (keep, counted) => {
  const student = draw<tf.Rank.R2>([4, 2], 'student');
  const teacher = tf.tensor2d(COSINES);
  const losses = similarityDivergence(student, () => teacher, { temperature: 1, keep }).dataSync();
  const [s, t] = [tf.logSoftmax(student), tf.logSoftmax(teacher)];
  const rows = tf.sum(tf.mul(tf.exp(t), tf.sub(t, s)), 1).dataSync();
  const expected = [0, 1].map((image) =>
    counted.filter((row) => row % 2 === image).reduce((sum, row) => sum + (rows[row]! * 2) / counted.length, 0),
  );
  for (const [image, value] of expected.entries()) expect(losses[image]).toBeCloseTo(value, 5);
});

test('similarities: an image counts the less the more others the teacher takes it for', () => {
  const teacher = tf.tensor2d([
    [0.1, 0.2, 0.3],
    [0.5, 0.4, 0.3],
    [0.2, 0.1, 0.3],
  ]);
  const losses = similarityDivergence(draw<tf.Rank.R2>([3, 3], 'student'), () => teacher, { keep: 0.5 }).dataSync();
  expect(losses[0]).toBe(0);
  expect(losses[1]).toBeGreaterThan(0);
  expect(losses[2]).toBeGreaterThan(0);
});

test('both have the gradient of central differences, and the teacher’s similarities have none', () => {
  const teacher = draw<tf.Rank.R2>([6, 3], 'teacher');
  const student = draw<tf.Rank.R2>([6, 3], 'student');
  expectGradient((x: tf.Tensor2D) => tf.mean<tf.Scalar>(contrastLoss(x)), student);
  expectGradient((x: tf.Tensor2D) => tf.mean<tf.Scalar>(similarityDivergence(x, () => teacher)), student);
  const variables = [tf.variable(teacher), tf.variable(student)] as const;
  const { gradients } = differentiate(
    () =>
      tf.mean<tf.Scalar>(
        similarityDivergence(tf.mul<tf.Tensor2D>(variables[1], 1), () => tf.mul<tf.Tensor2D>(variables[0], 1)),
      ),
    variables,
  );
  expect(gradients[0]).toBeNull();
  expect(gradients[1]).not.toBeNull();
});

test('the teacher’s head learns first and then stays as it is, while the student learns from it', async () => {
  const before = tf.memory().numTensors;
  const distillation = tinyDistillation({
    logits: { weight: 0.5 },
    features: { weight: 0 },
    sskd: { weight: 1, headEpochs: 1, length: 8, contrast: 2 },
  });
  const trainer = new Trainer(tinyOptions({ distillation, learningRate: () => 0.01 }));
  const variables = async () => {
    const { sskd } = (await trainer.exportState()).methods;
    const pick = (side: string) =>
      [...sskd!.variables].filter(([name]) => name.startsWith(side)).map(([, { values }]) => values);
    return { student: pick('student/'), teacher: pick('teacher/') };
  };
  try {
    const fresh = await variables();
    const first = await trainer.train(toyBatches(1), { epoch: 0, epochs: 9 });
    const last = await trainer.train(toyBatches(20), { epoch: 0, epochs: 9 });
    expect(Object.keys(last.losses)).toEqual(['crossEntropy', 'logits', 'sskd']);
    expect(last.losses.sskd).toBeLessThan(first.losses.sskd!);
    const taught = await variables();
    expect(taught.student).toEqual(fresh.student);
    expect(taught.teacher).not.toEqual(fresh.teacher);
    const start = await trainer.train(toyBatches(1), { epoch: 1, epochs: 9 });
    const end = await trainer.train(toyBatches(30), { epoch: 1, epochs: 9 });
    expect(end.losses.sskd).toBeLessThan(start.losses.sskd!);
    const after = await variables();
    expect(after.teacher).toEqual(taught.teacher);
    expect(after.student).not.toEqual(taught.student);
  } finally {
    trainer.dispose();
    distillation.teacher.close();
  }
  expect(tf.memory().numTensors).toBe(before);
});
