import { Random } from '../core/random.ts';
import { percentile } from '../measure/index.ts';
import type { Exporter } from './exporter.ts';

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
 * @param threads of one operation, where the runtime leaves the choice
 * @throws DecantError `model.unreadable`
 */
export async function timeExport(options: {
  exporter: Exporter;
  bytes: Uint8Array;
  runs: number;
  threads: number;
  warmUp?: number;
}): Promise<ExportLatency> {
  const { exporter, bytes, runs, threads, warmUp = 20 } = options;
  const [height, width] = exporter.describe(bytes).preprocessing.inputSize;
  // Random pixels: zeros or constants could meet shortcuts that photographs do not.
  const random = new Random('latency');
  const pixels = Uint8Array.from({ length: height * width * 3 }, () => random.integer(256));
  const file = await exporter.open(bytes, { threads });
  try {
    const times = await file.time(pixels, { runs, warmUp });
    return { latencyMs: { p50: percentile(times, 0.5), p95: percentile(times, 0.95) }, runtime: file.runtime };
  } finally {
    await file.close();
  }
}
