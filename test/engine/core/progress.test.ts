import { expect, test } from 'vitest';
import { type Progress, ProgressMeter } from '../../../electron/engine/core/progress.ts';

function makeMeter(total: number, windowMs?: number) {
  const seen: Progress[] = [];
  const time = { ms: 5000 };
  const clock = { now: () => 0, elapsedMs: () => time.ms };
  const listener = (progress: Progress) => seen.push(progress);
  const meter = new ProgressMeter({
    stage: 's',
    unit: 'images',
    total,
    clock,
    listener,
    ...(windowMs && { windowMs }),
  });
  return { meter, seen, time };
}

test('counts, and says nothing of the time left in the first second', () => {
  const { meter, seen, time } = makeMeter(100);
  time.ms += 500;
  meter.advance(10);
  expect(seen).toEqual([{ stage: 's', unit: 'images', done: 10, total: 100, elapsedMs: 500, remainingMs: null }]);
});

test('an even speed gives the exact time left', () => {
  const { meter, seen, time } = makeMeter(100);
  for (let i = 0; i < 4; i++) {
    time.ms += 1000;
    meter.advance(10);
  }
  expect(seen.at(-1)).toMatchObject({ done: 40, elapsedMs: 4000, remainingMs: 6000 });
});

test('the recent past counts, not the slow start', () => {
  const { meter, seen, time } = makeMeter(1000, 3000);
  time.ms += 100_000;
  meter.advance(10);
  for (let i = 0; i < 10; i++) {
    time.ms += 1000;
    meter.advance(50);
  }
  expect(seen.at(-1)).toMatchObject({ done: 510 });
  expect(seen.at(-1)!.remainingMs).toBeCloseTo(9800, -2);
});

test('work that stands still has no time left to tell', () => {
  const { meter, seen, time } = makeMeter(10);
  time.ms += 5000;
  meter.advance(0);
  expect(seen.at(-1)!.remainingMs).toBeNull();
});
