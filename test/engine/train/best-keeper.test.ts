import { expect, test } from 'vitest';
import { BestKeeper } from '../../../electron/engine/train/index.ts';

test('keeps the first of the best scores', () => {
  const keeper = new BestKeeper();
  expect([0.3, 0.5, 0.4, 0.5, Number.NaN, 0.6].map((score, epoch) => keeper.offer(score, epoch))).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(keeper.best).toEqual({ score: 0.6, epoch: 5 });
});

test('stops when the best is as long ago as patience allows', () => {
  const keeper = new BestKeeper({ score: 0.5, epoch: 2 });
  expect([3, 4, 5, 6].map((epoch) => keeper.shouldStop(epoch, 3))).toEqual([false, false, true, true]);
  expect(keeper.shouldStop(100, null)).toBe(false);
  expect(new BestKeeper().shouldStop(100, 1)).toBe(false);
});
