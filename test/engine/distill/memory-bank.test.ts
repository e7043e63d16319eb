import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { MemoryBank } from '../../../electron/engine/distill/memory-bank.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const IMAGES = [3, 8, 1, 9, 4];
const open = ({ rows = 9, memory = new Map() } = {}) =>
  new MemoryBank(IMAGES, { rows, length: 2, memory, random: new Random('bank') });

test('has a row of length 1 for each image, in random order', async () => {
  const bank = open();
  const memory = await bank.readMemory();
  const images = [...memory.get('images')!.values];
  expect([...images].sort()).toEqual([...IMAGES].sort());
  expect(images).not.toEqual(IMAGES);
  for (const side of ['student', 'teacher']) {
    const { shape, values } = memory.get(side)!;
    expect(shape).toEqual([5, 2]);
    for (let row = 0; row < 5; row++) expect(Math.hypot(values[2 * row]!, values[2 * row + 1]!)).toBeCloseTo(1, 5);
  }
  bank.dispose();
});

test('has no more rows than it may, each of another image', async () => {
  const bank = open({ rows: 3 });
  const images = [...(await bank.readMemory()).get('images')!.values];
  expect(bank.rows).toBe(3);
  expect(new Set(images).size).toBe(3);
  for (const image of images) expect(IMAGES).toContain(image);
  bank.dispose();
});

test('gives neighbouring rows, after the last the first again, and says which are of an image itself', async () => {
  const bank = open();
  const memory = await bank.readMemory();
  const all = memory.get('teacher')!.values;
  const expectRows = (start: number, count: number, expected: readonly number[]) => {
    const rows = bank.take('teacher', start, count);
    expect(rows.shape).toEqual([count, 2]);
    for (const [i, value] of rows.dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  };
  expectRows(1, 2, [...all.slice(2, 6)]);
  expectRows(4, 3, [...all.slice(8), ...all.slice(0, 4)]);
  const [first, , , , last] = memory.get('images')!.values;
  const mask = bank.maskOfOthers(Int32Array.of(first!, 77, last!), 4, 3);
  expect(mask.arraySync()).toEqual([
    [1, 0, 1],
    [1, 1, 1],
    [0, 1, 1],
  ]);
  bank.dispose();
});

test('moves the rows of what was seen, goes on from what it gave, and leaves nothing behind', async () => {
  const before = tf.memory().numTensors;
  const bank = open();
  const old = await bank.readMemory();
  const seen = Int32Array.of(9, 77);
  const update = (to: MemoryBank) =>
    tf.tidy(() => {
      const towards = (...values: number[]) => tf.tensor2d(values, [2, 2]);
      to.update(seen, { student: towards(0, 1, 1, 0), teacher: towards(1, 0, 1, 0) });
    });
  update(bank);
  const fresh = await bank.readMemory();
  const row = fresh.get('images')!.values.indexOf(9);
  for (const [side, target] of [
    ['student', [0, 1]],
    ['teacher', [1, 0]],
  ] as const) {
    const was = old.get(side)!.values.slice(2 * row, 2 * row + 2);
    const { values } = fresh.get(side)!;
    for (const i of [0, 1] as const) expect(values[2 * row + i]).toBeCloseTo((was[i]! + target[i]) / 2, 5);
    const taken = tf.tidy(() => bank.take(side, row, 1).dataSync());
    expect(Math.hypot(...taken)).toBeCloseTo(1, 5);
    for (let i = 0; i < values.length; i++)
      if (Math.floor(i / 2) !== row) expect(values[i]).toBe(old.get(side)!.values[i]);
  }
  const next = open({ memory: new Map(fresh) });
  expect(await next.readMemory()).toEqual(fresh);
  update(bank);
  update(next);
  expect(await next.readMemory()).toEqual(await bank.readMemory());
  bank.dispose();
  next.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
