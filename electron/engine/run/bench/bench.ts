import { type BackendName, stopCompute } from '../../compute/index.ts';
import { benchData } from './bench-data.ts';
import { benchInference } from './bench-inference.ts';
import { benchStep } from './bench-step.ts';

export interface BenchOptions {
  readonly what: 'step' | 'inference' | 'data';
  /** Height and width of the images, pixels; null: 224 for inference, 32 for the step, both for data. */
  readonly size: number | null;
  /** Images at a time; null: 1 and 64 for inference, 64 for the step, 64 of 32 pixels and 8 of 224 for data. */
  readonly batch: number | null;
  /** `data`: height and width of the JPEG files that are decoded, pixels; null: as they are brought to. */
  readonly source: number | null;
  readonly backend: 'auto' | BackendName;
  /** Null: as many as there are cores. */
  readonly threads: number | null;
  /** Repetitions that are timed. */
  readonly steps: number;
}

/** Times one part of the engine on this machine; medians over the repetitions, without set-up. */
export async function bench(options: BenchOptions): Promise<Record<string, unknown>> {
  const { what, size, batch, source, backend, steps } = options;
  const threads = options.threads ?? undefined;
  try {
    switch (what) {
      case 'step':
        return { ...(await benchStep({ size: size ?? 32, batch: batch ?? 64, backend, threads, steps })) };
      case 'inference': {
        const batches = batch === null ? [1, 64] : [batch];
        return { ...(await benchInference({ size: size ?? 224, batches, backend, threads, steps })) };
      }
      case 'data':
        return { ...(await benchData({ size, source, batch, backend, threads, steps })) };
      default:
        return what satisfies never;
    }
  } finally {
    await stopCompute();
  }
}
