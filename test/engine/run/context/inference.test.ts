import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { activeCompute, startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { evaluate } from '../../../../electron/engine/measure/index.ts';
import {
  buildNetwork,
  countNetwork,
  initializeWeights,
  type Weights,
} from '../../../../electron/engine/model/index.ts';
import { cutNetwork, scoreGroups, selectChannels } from '../../../../electron/engine/prune/index.ts';
import { evaluateNetwork, openInference } from '../../../../electron/engine/run/context/inference.ts';
import type { Model } from '../../../../electron/engine/run/context/models.ts';
import { referenceLogits } from '../../../helpers/reference-forward.ts';
import { drawBatches, drawRequest } from '../../export/samples.ts';

beforeEach(async () => {
  await startCompute({ backend: 'simd', threads: 2 });
});
afterAll(stopCompute);

/** Whole and pruned networks, each with several stages. */
const MODELS: readonly (readonly [string, Model])[] = [
  ['mobilenet-v2', drawRequest({ width: 0.25, inputSize: 32 })],
  ['mobilenet-v3-large', drawRequest({ architecture: 'mobilenet-v3-large', width: 0.25, inputSize: 32 })],
  ['a pruned network', prune()],
];

function prune(): Model {
  const random = new Random('prune');
  const network = buildNetwork({ architecture: 'mobilenet-v2', width: 0.5, classes: 5, inputSize: 32, stemStride: 1 });
  const weights = initializeWeights(network, random);
  const scores = scoreGroups('l1', { network, weights, random });
  const budget = { macs: Math.floor(0.6 * countNetwork(network).macs), parameters: undefined };
  return cutNetwork(
    network,
    weights,
    selectChannels(network, scores, { policy: 'global', budget, reference: network }),
  );
}

describe.each(MODELS)('%s', (_, model) => {
  const batches = drawBatches(model.network, [5, 3]);

  it('has the logits of a double-precision reference', async () => {
    const inference = await openInference(model);
    expect(inference.runtime).toMatch(/^onnxruntime-node .*, CPU, 2 threads$/);
    for (const batch of batches) {
      const logits = await inference.computeLogits(batch);
      const length = batch.images.length / batch.size;
      const expected = Array.from({ length: batch.size }, (_, i) => [
        ...referenceLogits(model.network, model.weights, batch.images.subarray(i * length, (i + 1) * length)),
      ]).flat();
      const scale = Math.max(...expected.map(Math.abs));
      for (const [i, value] of logits.entries()) expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(1e-4);
    }
    await inference.close();
  });

  it('is judged as on the back end', async () => {
    const { runtime: _, ...here } = await evaluateNetwork(model, batches);
    const there = await evaluate({ ...model, batches });
    expect([here.top1, here.top5]).toEqual([there.top1, there.top5]);
    expect(here.confusion).toEqual(there.confusion);
    expect(here.loss / there.loss).toBeCloseTo(1, 4);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('has the same bits with any number of threads, and however images are grouped', async () => {
    const [all] = drawBatches(model.network, [16]);
    const length = all!.images.length / 16;
    const results: number[][] = [];
    for (const threads of [1, 2, 3]) {
      await startCompute({ backend: 'simd', threads });
      const inference = await openInference(model);
      results.push([...(await inference.computeLogits(all!))]);
      const halves = [0, 8].map((from) => ({
        images: all!.images.subarray(from * length, (from + 8) * length),
        size: 8,
      }));
      const parts: number[] = [];
      for (const half of halves) parts.push(...(await inference.computeLogits(half)));
      results.push(parts);
      await inference.close();
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

it('leaves weights that have gone bad to the back end, which says so', async () => {
  const [, { network, weights }] = MODELS[0]!;
  const bad: Weights = new Map(weights);
  const name = [...bad.keys()][0]!;
  bad.set(name, { shape: bad.get(name)!.shape, values: bad.get(name)!.values.map(() => Number.NaN) });
  const batches = drawBatches(network, [2]);
  await expect(evaluateNetwork({ network, weights: bad }, batches)).rejects.toMatchObject({
    code: 'training.diverged',
  });
  expect(tf.memory().numTensors).toBe(0);
});

it('computes on what is active where that is no back end of the processor', async () => {
  await stopCompute();
  expect(activeCompute()).toBeNull();
  await startCompute({ backend: 'cpu' });
  const [, model] = MODELS[0]!;
  // The name alone decides, so that a test needs no card.
  const inference = await openInference(model, { backend: 'webgpu', device: 'a card', threads: 0 });
  expect(inference.runtime).toBe('Decant, webgpu, a card');
  const [batch] = drawBatches(model.network, [2]);
  expect(await inference.computeLogits(batch!)).toHaveLength(2 * model.network.classes);
  await inference.close();
  expect(tf.memory().numTensors).toBe(0);
});
