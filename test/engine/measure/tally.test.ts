import { expect, test } from 'vitest';
import { AccuracyTally } from '../../../electron/engine/measure/index.ts';

const tallied = (classes: number, rows: number[][], labels: number[]) => {
  const tally = new AccuracyTally(classes);
  tally.add(
    Float32Array.from(rows.flat()),
    Int32Array.from(labels),
    Int32Array.from(labels, (_, i) => i),
  );
  return tally.result();
};

test('counts by hand: six classes, three images right, wrong within five, wrong beyond five', () => {
  const result = tallied(
    6,
    [
      [9, 1, 2, 3, 4, 5],
      [1, 2, 9, 3, 4, 5],
      [9, 8, 7, 6, 5, 4],
    ],
    [0, 3, 5],
  );
  expect(result.images).toBe(3);
  expect(result.top1).toBeCloseTo(1 / 3, 12);
  expect(result.top5).toBeCloseTo(2 / 3, 12);
  expect(result.confusion[0]).toEqual([1, 0, 0, 0, 0, 0]);
  expect(result.confusion[3]).toEqual([0, 0, 1, 0, 0, 0]);
  expect(result.confusion[5]).toEqual([1, 0, 0, 0, 0, 0]);
  expect(result.perClass[0]).toEqual({ images: 1, top1: 1 });
  expect(result.perClass[1]).toEqual({ images: 0, top1: null });
  expect(result.perClass[3]).toEqual({ images: 1, top1: 0 });
  // The five likeliest of each.
  expect([...result.predictions.classes]).toEqual([0, 5, 4, 3, 2, 2, 5, 4, 3, 1, 0, 1, 2, 3, 4]);
});

test('loss and probabilities are those of the softmax', () => {
  const result = tallied(
    3,
    [
      [Math.log(2), Math.log(5), Math.log(3)],
      [0, 0, 0],
    ],
    [2, 1],
  );
  expect(result.loss).toBeCloseTo((-Math.log(0.3) - Math.log(1 / 3)) / 2, 6);
  const { ranked, classes, probabilities } = result.predictions;
  expect(ranked).toBe(3);
  expect([...classes]).toEqual([1, 2, 0, 0, 1, 2]);
  for (const [i, expected] of [0.5, 0.3, 0.2, 1 / 3, 1 / 3, 1 / 3].entries())
    expect(probabilities[i]).toBeCloseTo(expected, 6);
});

test('large logits neither overflow nor lose the loss', () => {
  const result = tallied(2, [[1000, 0]], [1]);
  expect(result.loss).toBeCloseTo(1000, 6);
});

test('fewer than five classes: every label is within the top five', () => {
  expect(tallied(3, [[3, 2, 1]], [2]).top5).toBe(1);
});

test('equal logits: the first class wins, so a constant answer is right for one class only', () => {
  const rows = Array.from({ length: 4 }, () => [1, 1, 1, 1]);
  const result = tallied(4, rows, [0, 1, 2, 3]);
  expect(result.top1).toBe(0.25);
  expect(tallied(6, Array(6).fill(Array(6).fill(0)), [0, 1, 2, 3, 4, 5]).top5).toBeCloseTo(5 / 6, 12);
});

test('batches add up, and images keep their places in the dataset', () => {
  const tally = new AccuracyTally(2);
  tally.add(Float32Array.of(1, 0, 0, 1), Int32Array.of(0, 0), Int32Array.of(7, 3));
  tally.add(Float32Array.of(0, 1), Int32Array.of(1), Int32Array.of(5));
  const result = tally.result();
  expect(result.top1).toBeCloseTo(2 / 3, 12);
  expect([...result.predictions.indices]).toEqual([7, 3, 5]);
  expect([...result.predictions.labels]).toEqual([0, 0, 1]);
});

test('no images: shares are 0, not NaN', () => {
  const result = new AccuracyTally(3).result();
  expect([result.images, result.top1, result.top5, result.loss]).toEqual([0, 0, 0, 0]);
});

test('a logit that is not a number is an error that names the image', () => {
  expect(() => tallied(2, [[1, Number.NaN]], [0])).toThrow(
    expect.objectContaining({ code: 'training.diverged', message: expect.stringContaining('image 0') }),
  );
});

test('labels and logits that do not belong together are refused', () => {
  expect(() => tallied(2, [[1, 2, 3]], [0])).toThrow(RangeError);
  expect(() => tallied(2, [[1, 2]], [2])).toThrow(/label 2/);
});
