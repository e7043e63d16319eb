import { systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { percentile } from '../measure/index.ts';
import type { Exporter } from './exporter.ts';

/** Inferences between two looks at the signal. */
const STOPPED_EVERY = 20;

export interface ExportLatency {
  /** One image at a time. */
  latencyMs: { p50: number; p95: number };
  /** Runtime, version, device and threads. */
  runtime: string;
}

/**
 * Times an exported file in its runtime, one image at a time.
 *
 * @param runs timed inferences
 * @param limitMs fewer inferences are timed where they take longer than this together
 * @param threads of one operation, where the runtime leaves the choice
 * @throws DecantError `model.unreadable`; the signal's reason when it is aborted
 */
export async function timeExport(options: {
  exporter: Exporter;
  bytes: Uint8Array;
  runs: number;
  threads: number;
  warmUp?: number;
  limitMs?: number;
  signal?: AbortSignal;
}): Promise<ExportLatency> {
  const { exporter, bytes, runs, threads, warmUp = 20, limitMs = 15_000, signal } = options;
  const file = await exporter.open(bytes, { threads });
  const [height, width] = file.inputSize;
  // Random pixels: zeros or constants could meet shortcuts that photographs do not.
  const random = new Random('latency');
  const pixels = Uint8Array.from({ length: height * width * 3 }, () => random.integer(256));
  try {
    const times: number[] = [];
    const started = systemClock.elapsedMs();
    while (times.length < runs) {
      signal?.throwIfAborted();
      const leftMs = limitMs - (systemClock.elapsedMs() - started);
      if (leftMs <= 0 && times.length > 0) break;
      const slice = Math.min(STOPPED_EVERY, runs - times.length);
      const first = times.length === 0;
      times.push(...(await file.time(pixels, { runs: slice, warmUp: first ? warmUp : 0, limitMs: leftMs })));
    }
    return { latencyMs: { p50: percentile(times, 0.5), p95: percentile(times, 0.95) }, runtime: file.runtime };
  } finally {
    await file.close();
  }
}
