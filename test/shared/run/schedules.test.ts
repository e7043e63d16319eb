import { expect, it } from 'vitest';
import { SCHEDULE_SHAPES, type Schedule, scheduleFactor } from '../../../shared/run/schedules.ts';

const rise: Omit<Schedule, 'shape'> = { from: 0, to: 1, until: 0.5 };
const factors = (schedule: Schedule, epochs: number) =>
  Array.from({ length: epochs + 1 }, (_, epoch) => scheduleFactor(schedule, epoch, epochs));

it('constant leaves a weight as it is', () => {
  expect(factors({ ...rise, shape: 'constant' }, 4)).toEqual([1, 1, 1, 1, 1]);
});

it('linear goes from the first factor to the last and stays there: alpha = min(epoch / (until · epochs), 1)', () => {
  expect(factors({ ...rise, shape: 'linear' }, 8)).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
  expect(factors({ from: 1, to: 0, until: 0.5, shape: 'linear' }, 8)).toEqual([1, 0.75, 0.5, 0.25, 0, 0, 0, 0, 0]);
});

it('cosine follows half a cosine', () => {
  const at = factors({ from: 2, to: 4, until: 1, shape: 'cosine' }, 4);
  for (const [i, expected] of [2, 3 - Math.SQRT1_2, 3, 3 + Math.SQRT1_2, 4].entries())
    expect(at[i]).toBeCloseTo(expected, 12);
});

it('step jumps at the end', () => {
  expect(factors({ from: 1, to: 0.25, until: 0.5, shape: 'step' }, 4)).toEqual([1, 1, 0.25, 0.25, 0.25]);
});

it.each(SCHEDULE_SHAPES)('%s begins at its first factor and ends at its last', (shape) => {
  const schedule = { from: 0.5, to: 2, until: 0.3, shape };
  const [first, last] = shape === 'constant' ? [1, 1] : [0.5, 2];
  expect(scheduleFactor(schedule, 0, 10)).toBe(first);
  expect(scheduleFactor(schedule, 9, 10)).toBe(last);
});
