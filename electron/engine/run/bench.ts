import { type BackendName, startCompute, stopCompute } from '../compute/index.ts';
import { systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { measureData } from '../data/index.ts';
import { computeLogits, percentile } from '../measure/index.ts';
import { buildNetwork, foldBatchNorm, initializeWeights, Parameters } from '../model/index.ts';
import { benchStep } from './bench-step.ts';

export interface BenchOptions {
  readonly what: 'step' | 'inference' | 'data';
  /** Height and width of the images, pixels. */
  readonly size: number;
  readonly batch: number;
  readonly backend: 'auto' | BackendName;
  /** Null: as many as there are cores. */
  readonly threads: number | null;
  /** Repetitions that are timed. */
  readonly steps: number;
}

/** Times one part of the engine on this machine; medians over the repetitions, without set-up. */
export async function bench(options: BenchOptions): Promise<Record<string, unknown>> {
  try {
    switch (options.what) {
      case 'step':
        return { ...(await benchStep({ ...options, threads: options.threads ?? undefined })) };
      case 'inference':
        return await benchInference(options);
      case 'data':
        return { ...(await measureData({ size: options.size, batch: options.batch, dataset: null })) };
      default:
        return options.what satisfies never;
    }
  } finally {
    await stopCompute();
  }
}

/** The student's forward pass, batch norm folded, images in memory, logits read back. */
async function benchInference({ size, batch, backend, threads, steps }: BenchOptions) {
  const compute = await startCompute({ backend, ...(threads !== null && { threads }) });
  const full = buildNetwork({ architecture: 'mobilenet-v2', classes: 1000, inputSize: size });
  const { network, weights } = foldBatchNorm(full, initializeWeights(full, new Random(0)));
  const parameters = Parameters.fromWeights(network, weights);
  const draw = new Random('inference');
  const images = Float32Array.from({ length: batch * size * size * 3 }, () => draw.normal());
  const run = async () => {
    await computeLogits(network, parameters, { images, size: batch });
  };
  const times = await timeRepeatedly(run, steps);
  parameters.dispose();
  const stepMs = percentile(times, 0.5);
  return {
    what: 'inference',
    network: full.architecture,
    backend: compute.backend,
    threads: compute.threads,
    size,
    batch,
    step_ms: stepMs,
    images_per_s: (1000 * batch) / stepMs,
  };
}

async function timeRepeatedly(work: () => Promise<void>, times: number): Promise<number[]> {
  for (let i = 0; i < 3; i++) await work();
  const elapsed: number[] = [];
  for (let i = 0; i < times; i++) {
    const startedAt = systemClock.elapsedMs();
    await work();
    elapsed.push(systemClock.elapsedMs() - startedAt);
  }
  return elapsed;
}
