import type { PhoneTask } from '../shared/run/phone-measurement.ts';

export interface Timings {
  /** Inferences that were not timed. */
  readonly warmUp: number;
  /** Inferences that were timed together. */
  readonly perTiming: number;
  /** Milliseconds of one inference, a number for each timing. */
  readonly timesMs: number[];
}

/** Steps of the clock that a timing takes at least, so that it is off by 5 % at most. */
const STEPS = 20;
const MOST_TOGETHER = 1000;

/**
 * Times something again and again. Browsers make their clocks coarse, some to a whole millisecond: where one inference is too
 * short for that, as many as needed are timed together.
 */
export async function timeRuns(
  run: () => Promise<unknown>,
  { warmUp, runs, limitMs }: PhoneTask['timing'],
  { now = () => performance.now(), stepMs = measureStep(now) }: { now?: () => number; stepMs?: number } = {},
): Promise<Timings> {
  const begun = now();
  let warm = 0;
  while (warm < warmUp && (warm === 0 || now() - begun < limitMs / 10)) {
    await run();
    warm++;
  }
  // The first takes longest, and what one takes then need only be known roughly.
  const single = Math.max((now() - begun) / warm, stepMs / MOST_TOGETHER);
  const perTiming = Math.min(MOST_TOGETHER, Math.max(1, Math.ceil((STEPS * stepMs) / single)));
  const timesMs: number[] = [];
  const started = now();
  while (timesMs.length < runs && (timesMs.length === 0 || now() - started < limitMs)) {
    const start = now();
    for (let i = 0; i < perTiming; i++) await run();
    timesMs.push((now() - start) / perTiming);
  }
  return { warmUp: warm, perTiming, timesMs };
}

/** The smallest step of a clock, milliseconds. */
export function measureStep(now: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    const start = now();
    let end = start;
    while (end === start) end = now();
    least = Math.min(least, end - start);
  }
  return least;
}
