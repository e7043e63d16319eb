import { expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { drawBalanced } from '../../../electron/engine/data/index.ts';

const LABELS = Int32Array.from([0, 0, 0, 0, 0, 0, 1, 1, 2, 1]);
const ALL = Int32Array.from(LABELS.keys());

function countOf(drawn: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const index of drawn) counts.set(index, (counts.get(index) ?? 0) + 1);
  return counts;
}

it('draws as many images of each class, large ones in part, small ones again and again', () => {
  const drawn = drawBalanced(ALL, LABELS, 3, new Random('a'));
  expect(drawn).toHaveLength(10);
  const perClass = [0, 1, 2].map((label) => drawn.filter((index) => LABELS[index] === label).length);
  expect(perClass.toSorted()).toEqual([3, 3, 4]);
  const counts = countOf(drawn);
  expect(counts.get(8)).toBe(perClass[2]);
  for (const index of [0, 1, 2, 3, 4, 5]) expect(counts.get(index) ?? 0).toBeLessThanOrEqual(1);
  for (const index of [6, 7, 9]) expect(counts.get(index)).toBeGreaterThanOrEqual(1);
});

it('draws the same again from the same generator, and others from another', () => {
  const draw = (key: string) => [...drawBalanced(ALL, LABELS, 3, new Random(key))];
  expect(draw('a')).toEqual(draw('a'));
  expect(new Set(['a', 'b', 'c', 'd'].map((key) => draw(key).join())).size).toBeGreaterThan(1);
});

it('takes only the images that it is given', () => {
  const given = Int32Array.of(1, 6, 8);
  expect(new Set(drawBalanced(given, LABELS, 3, new Random('a')))).toEqual(new Set(given));
});
