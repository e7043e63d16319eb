import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { EmbeddingQueue } from '../../../electron/engine/distill/embedding-queue.ts';
import {
  chooseQueueSize,
  contrastViews,
  jensenShannonDivergence,
  NO_STATE,
  queueDivergence,
} from '../../../electron/engine/distill/index.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const mean = (loss: tf.Tensor1D) => tf.mean<tf.Scalar>(loss);
const value = (loss: tf.Tensor) => tf.mean(loss).dataSync()[0]!;

describe('two views', () => {
  test('that are the same for all images tell nothing: log of the number of other views', () => {
    const same = tf.ones<tf.Rank.R2>([4, 3]);
    expect([...contrastViews(same, same).dataSync()]).toEqual(new Array(4).fill(expect.closeTo(Math.log(7), 4)));
  });

  test('that lie as far apart as they can cost what is worked out by hand', () => {
    const views = tf.tensor2d([
      [2, 0],
      [-3, 0],
    ]);
    // The other view has cosine 1, both of the other image -1.
    const loss = Math.log(Math.exp(2) + 2 * Math.exp(-2)) - 2;
    expect(value(contrastViews(views, views, { temperature: 0.5 }))).toBeCloseTo(loss, 5);
  });

  test.each([0.5, 0.1])('have the gradient of central differences, on either side (temperature %s)', (temperature) => {
    const other = draw<tf.Rank.R2>([3, 4], 'other');
    const x = draw<tf.Rank.R2>([3, 4], 'view');
    const options = { step: 2e-3, tolerance: 1e-2 };
    expectGradient((views: tf.Tensor2D) => mean(contrastViews(views, other, { temperature })), x, options);
    expectGradient((views: tf.Tensor2D) => mean(contrastViews(other, views, { temperature })), x, options);
  });
});

describe('similarities to a queue', () => {
  test('cost nothing where they are the teacher’s, and have the gradient of central differences', () => {
    const teacher = tf.tanh(draw<tf.Rank.R2>([3, 6], 'teacher'));
    expect(value(queueDivergence(teacher, teacher))).toBeCloseTo(0, 6);
    const settings = { temperature: 0.2, teacherTemperature: 0.1 };
    const student = tf.tanh(draw<tf.Rank.R2>([3, 6], 'student'));
    expectGradient((x: tf.Tensor2D) => mean(queueDivergence(x, teacher, settings)), student, { step: 2e-3 });
  });

  test('have a queue as long as the dataset asks for', () => {
    expect([1, 1000, 1001, 4000, 10_000, 20_000, 20_001, null].map(chooseQueueSize)).toEqual([
      256, 256, 1024, 1024, 2048, 4096, 8192, 8192,
    ]);
  });

  test('the queue is first in, first out, and goes on from its state', async () => {
    const before = tf.memory().numTensors;
    const queue = new EmbeddingQueue({ rows: 5, state: NO_STATE });
    const rows = (...values: number[]) => tf.tensor2d(values, [values.length, 1]);
    const add = (to: EmbeddingQueue, ...values: number[]) => tf.tidy(() => to.add(rows(...values)));
    const read = (of: EmbeddingQueue) => tf.tidy(() => [...of.all().dataSync()]);
    add(queue, 1, 2);
    add(queue, 3, 4);
    expect(read(queue)).toEqual([1, 2, 3, 4]);
    add(queue, 5, 6);
    expect(read(queue)).toEqual([3, 4, 5, 6]);
    const other = new EmbeddingQueue({ rows: 5, state: { ...NO_STATE, ...(await queue.readState()) } });
    for (const each of [queue, other]) add(each, 7);
    expect(read(other)).toEqual([3, 4, 5, 6, 7]);
    expect(read(queue)).toEqual(read(other));
    add(other, 1, 2, 3, 4, 5, 6, 7, 8);
    expect(read(other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const each of [queue, other]) each.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the Jensen-Shannon divergence', () => {
  test('is 0 for equal answers, and T² · log 2 for answers without anything in common', () => {
    const logits = draw<tf.Rank.R2>([3, 4], 'same');
    expect(value(jensenShannonDivergence(logits, logits))).toBeCloseTo(0, 6);
    const [one, other] = [tf.tensor2d([[400, 0]]), tf.tensor2d([[0, 400]])];
    expect(value(jensenShannonDivergence(one, other, { temperature: 2 }))).toBeCloseTo(4 * Math.LN2, 4);
  });

  test.each([1, 4])('has the gradient of central differences (T = %s)', (temperature) => {
    const teacher = draw<tf.Rank.R2>([3, 4], 'teacher');
    const student = draw<tf.Rank.R2>([3, 4], 'student');
    expectGradient((x: tf.Tensor2D) => mean(jensenShannonDivergence(x, teacher, { temperature })), student);
  });
});
