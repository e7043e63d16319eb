import { expect, it } from 'vitest';
import { AccuracyTally, countPairs } from '../../../electron/engine/measure/index.ts';

/** What a network says of images 4, 5, … of class 0, 1, 0, 1: the classes it takes them for. */
function judge(guesses: readonly number[], first = 4) {
  const tally = new AccuracyTally(3);
  const logits = Float32Array.from(guesses.flatMap((guess) => [0, 1, 2].map((i) => (i === guess ? 2 : i / 10))));
  const labels = Int32Array.from(guesses, (_, i) => i % 2);
  tally.add(
    logits,
    labels,
    Int32Array.from(guesses, (_, i) => first + i),
  );
  return tally.result().predictions;
}

it('counts each image once, by which of two networks got it right', () => {
  const counts = countPairs(judge([0, 1, 0, 2, 0]), judge([0, 0, 2, 2, 0]));
  expect(counts).toEqual({ both: 2, onlyA: 2, onlyB: 0, neither: 1 });
  expect(countPairs(judge([2, 2]), judge([2, 1]))).toEqual({ both: 0, onlyA: 0, onlyB: 1, neither: 1 });
});

it('compares no two networks on different images', () => {
  expect(() => countPairs(judge([0, 1]), judge([0, 1, 0]))).toThrow(RangeError);
  expect(() => countPairs(judge([0, 1]), judge([0, 1], 5))).toThrow(RangeError);
});
