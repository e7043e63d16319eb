import { type BackendName, stopCompute } from '../compute/index.ts';
import { measureData } from '../data/index.ts';
import { benchInference } from './bench-inference.ts';
import { benchStep } from './bench-step.ts';

export interface BenchOptions {
  readonly what: 'step' | 'inference' | 'data';
  /** Height and width of the images, pixels; null: 224 for inference, else 32. */
  readonly size: number | null;
  /** Images at a time; null: 1 and 64 for inference, else 64. */
  readonly batch: number | null;
  /** `data`: height and width of the JPEG files that are decoded, pixels; null: as they are brought to. */
  readonly source: number | null;
  readonly backend: 'auto' | BackendName;
  /** Null: as many as there are cores. */
  readonly threads: number | null;
  /** Repetitions that are timed; `data` takes as long as it needs. */
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
        return {
          ...(await measureData({ size: size ?? 32, batch: batch ?? 64, source: source ?? undefined, threads })),
        };
      default:
        return what satisfies never;
    }
  } finally {
    await stopCompute();
  }
}
