import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { type BackendName, startCompute, stopCompute } from '../compute/index.ts';
import { systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { batches, drawDataset, openDataset, preparePixels } from '../data/index.ts';
import { percentile } from '../measure/index.ts';
import { buildNetwork, foldBatchNorm, forward, initializeWeights, Parameters } from '../model/index.ts';
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
        return await benchData(options);
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
  const images = tf.tensor4d(
    Float32Array.from({ length: batch * size * size * 3 }, () => draw.normal()),
    [batch, size, size, 3],
  );
  const run = async () => {
    const logits = tf.tidy(() => forward(network, parameters, images, { training: false }).logits);
    await logits.data();
    logits.dispose();
  };
  const times = await timeRepeatedly(run, steps);
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

/** Decoding from files into the cache (cold), and reading augmented batches from it (warm). */
async function benchData({ size, batch, steps }: BenchOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'decant-bench-'));
  const never = new AbortController().signal;
  try {
    const path = join(folder, 'pictures');
    await drawDataset(path, { classes: 10, trainPerClass: 100, testPerClass: 1, size, seed: 1, signal: never });
    const dataset = await openDataset(path);
    const startedAt = systemClock.elapsedMs();
    const cache = await preparePixels(dataset, { inputSize: size, cacheFolder: join(folder, 'cache') });
    const coldMs = systemClock.elapsedMs() - startedAt;
    try {
      const indices = Int32Array.from(dataset.images, (_, index) => index);
      const { augmentation } = recipeSchema.parse({}).data;
      let epoch = 0;
      const pass = async () => {
        const options = { batch, classes: 10, augmentation, random: new Random(1), epoch: epoch++, shuffle: true };
        for await (const { size: images } of batches(cache, indices, options)) if (images === 0) return;
      };
      const passMs = percentile(await timeRepeatedly(pass, steps), 0.5);
      return {
        what: 'data',
        size,
        batch,
        images: indices.length,
        cold_images_per_s: (1000 * indices.length) / coldMs,
        warm_images_per_s: (1000 * indices.length) / passMs,
      };
    } finally {
      await cache.close();
      await dataset.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
