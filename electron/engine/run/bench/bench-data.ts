import { type BackendName, type ComputeOptions, stopCompute } from '../../compute/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type DataSpeed, type MeasureDataOptions, measureData } from '../../data/index.ts';
import { benchStep } from './bench-step.ts';

export interface BenchDataOptions extends ComputeOptions {
  /** Height and width that images are brought to, pixels; null: 32 and 224, one after the other. */
  readonly size: number | null;
  /** Height and width of the JPEG files that are drawn; null: as `size`. */
  readonly source: number | null;
  /** Images at a time; null: what the step is usually timed with at that size. */
  readonly batch: number | null;
  /** Path of a dataset; null or nothing: pictures are drawn. */
  readonly dataset?: string | null;
  /** Timed steps. */
  readonly steps: number;
  /** How many pictures are drawn, and how long batches are taken. */
  readonly drawing?: Pick<MeasureDataOptions, 'copies' | 'warmMs'>;
  readonly clock?: Clock;
}

export interface DataVerdict {
  /** What a distillation step consumes, its images in memory. */
  readonly step_images_per_s: number;
  /** Images from JPEG files by images of the step. */
  readonly cold_ratio: number;
  /** Images from the cache by images of the step. */
  readonly warm_ratio: number;
  readonly cold_met: boolean;
  readonly warm_met: boolean;
  /** The same as a sentence. */
  readonly verdict: string;
}

export interface BenchDataResult {
  readonly what: 'data';
  readonly backend: BackendName;
  readonly threads: number;
  /** How many times as fast as the step data are to come. */
  readonly goal: number;
  readonly results: (Omit<DataSpeed, 'what'> & DataVerdict)[];
}

const GOAL = 2;
const SIZES = [32, 224];

/**
 * Times decoding (cold) and batching (warm) of images beside the step that consumes them, and says whether data come twice
 * as fast. Every image is decoded once, before training; each step then takes a batch from the cache. Throws as
 * `startCompute`, and leaves no back end active.
 */
export async function benchData({
  size,
  source,
  batch,
  steps,
  dataset = null,
  drawing,
  clock = systemClock,
  ...compute
}: BenchDataOptions): Promise<BenchDataResult> {
  const shapes = (size === null ? SIZES : [size]).map((each) => ({ size: each, batch: batch ?? usualBatch(each) }));
  const results: BenchDataResult['results'] = [];
  let used: Pick<BenchDataResult, 'backend' | 'threads'> | undefined;
  for (const shape of shapes) {
    const data = await measureData({ ...drawing, ...shape, dataset, source: source ?? undefined, clock });
    const { what: _, ...speed } = data;
    const step = await benchStep({ ...compute, ...shape, steps, clock });
    await stopCompute();
    used = { backend: step.backend, threads: step.threads };
    results.push({ ...speed, ...judgeData(speed, step.images_per_s) });
  }
  return { what: 'data', ...used!, goal: GOAL, results };
}

/** Compares the speed of data with that of the step. */
export function judgeData(
  { cold_images_per_s: cold, warm_images_per_s: warm, size }: Omit<DataSpeed, 'what'>,
  step: number,
): DataVerdict {
  const [coldMet, warmMet] = [cold >= GOAL * step, warm >= GOAL * step];
  const describe = (speed: number, met: boolean) =>
    `${Math.round(speed)} images/s, ${(speed / step).toFixed(1)} x the step: ${met ? 'met' : 'missed'}`;
  return {
    step_images_per_s: step,
    cold_ratio: Number((cold / step).toFixed(2)),
    warm_ratio: Number((warm / step).toFixed(2)),
    cold_met: coldMet,
    warm_met: warmMet,
    verdict: `${size} x ${size}, goal ${GOAL} x: warm ${describe(warm, warmMet)}; cold (once per dataset) ${describe(cold, coldMet)}.`,
  };
}

/** As bench/peer.ts has it: smaller batches of larger images. */
function usualBatch(size: number): number {
  if (size <= 64) return 64;
  return size <= 128 ? 32 : 8;
}
