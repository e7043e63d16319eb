import { expect, it } from 'vitest';
import { measureStep, timeRuns } from '../../../phone/time-runs.ts';

/** A clock that runs do move, and that is read in steps. */
function createClock(stepMs: number) {
  let at = 0;
  let reads = 0;
  return {
    run: (ms: number) => async () => {
      at += ms;
    },
    now: () => {
      at += 1e-4; // Reading it takes a moment.
      reads++;
      return Math.floor(at / stepMs) * stepMs;
    },
    get reads() {
      return reads;
    },
  };
}

const LIMITS = { warmUp: 3, runs: 50, limitMs: 10_000 };

it('times each run where the clock is fine', async () => {
  const clock = createClock(0.005);
  const { warmUp, perTiming, timesMs } = await timeRuns(clock.run(2), LIMITS, { now: clock.now });
  expect([warmUp, perTiming, timesMs.length]).toEqual([3, 1, 50]);
  for (const time of timesMs) expect(time).toBeCloseTo(2, 1);
});

it('times several together where the clock is coarse, to within five percent', async () => {
  const clock = createClock(1);
  const { perTiming, timesMs } = await timeRuns(clock.run(0.37), LIMITS, { now: clock.now, stepMs: 1 });
  expect(perTiming).toBeGreaterThan(20);
  for (const time of timesMs) expect(Math.abs(time / 0.37 - 1)).toBeLessThan(0.05);
});

it('stops at the limit, and warms up for a tenth of it at most', async () => {
  const clock = createClock(0.1);
  const { warmUp, timesMs } = await timeRuns(
    clock.run(100),
    { warmUp: 20, runs: 200, limitMs: 1000 },
    { now: clock.now, stepMs: 0.1 },
  );
  expect(warmUp).toBe(1);
  expect(timesMs.length).toBe(10);
});

it('finds the step of a clock', () => {
  expect(measureStep(createClock(0.5).now)).toBeCloseTo(0.5, 6);
});
