import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { NO_STATE } from '../../../electron/engine/distill/index.ts';
import { MemoryBank } from '../../../electron/engine/distill/memory-bank.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const open = ({ rows = 7, state = NO_STATE } = {}) =>
  new MemoryBank({ rows, length: 3, state, random: new Random('bank') });
/** Two images, whose embeddings name them. */
const add = (bank: MemoryBank, ...images: [number, number]) =>
  tf.tidy(() => {
    const name = (side: number) =>
      tf.tensor2d(
        images.flatMap((image) => [image, side, 0]),
        [2, 3],
      );
    bank.add(Int32Array.of(...images), { student: name(1), teacher: name(2) });
  });
const draw = (bank: MemoryBank, count: number, seed = 'draw') => {
  const { images, student, teacher } = bank.draw(count, { batch: 2, random: new Random(seed) });
  const drawn = { images: [...images], student: student.arraySync(), teacher: teacher.arraySync() };
  tf.dispose([student, teacher]);
  return drawn;
};

test('begins with directions of no image, as many batches as there is room for', () => {
  const bank = open();
  const { images, student, teacher } = draw(bank, 100);
  expect(images).toEqual(new Array(6).fill(-1));
  for (const row of [...student, ...teacher]) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
  expect(student).not.toEqual(teacher);
  bank.dispose();
});

test('gives whole batches with the images that they are of, others for another seed', () => {
  const bank = open();
  draw(bank, 1);
  add(bank, 10, 11);
  add(bank, 20, 21);
  add(bank, 30, 31);
  const { images, student, teacher } = draw(bank, 3);
  expect(images).toHaveLength(4);
  for (const [i, image] of images.entries()) {
    expect(student[i]).toEqual([image, 1, 0]);
    expect(teacher[i]).toEqual([image, 2, 0]);
  }
  expect(draw(bank, 3).images).toEqual(images);
  const seeds = Array.from({ length: 20 }, (_, seed) => draw(bank, 3, `${seed}`).images.join());
  expect(new Set(seeds).size).toBe(6);
  bank.dispose();
});

test('forgets the oldest batch where there is no more room', () => {
  const bank = open();
  draw(bank, 1);
  for (const image of [10, 20, 30, 40]) add(bank, image, image + 1);
  expect(draw(bank, 100).images.sort()).toEqual([20, 21, 30, 31, 40, 41]);
  const small = open({ rows: 1 });
  draw(small, 1);
  add(small, 10, 11);
  expect(draw(small, 100).images).toEqual([10, 11]);
  bank.dispose();
  small.dispose();
});

test('goes on from what it gave, and leaves nothing behind', async () => {
  const before = tf.memory().numTensors;
  const bank = open();
  expect(await bank.readState()).toEqual({ memory: new Map(), data: { sizes: [] } });
  draw(bank, 1);
  add(bank, 10, 11);
  const state = { ...NO_STATE, ...(await bank.readState()) };
  expect(state.data).toEqual({ sizes: [2, 2, 2] });
  const next = open({ state });
  for (const each of [bank, next]) add(each, 20, 21);
  expect(draw(next, 3)).toEqual(draw(bank, 3));
  expect(await next.readState()).toEqual(await bank.readState());
  bank.dispose();
  next.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
