import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { evaluate } from '../../../electron/engine/measure/index.ts';
import { type Network, Parameters, type Weights } from '../../../electron/engine/model/index.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { drawBatches, drawRequest } from '../export/samples.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const { network, weights } = drawRequest({ width: 0.1, classes: 7, inputSize: 16 });
const batches = drawBatches(network, [3, 3, 2]);

/** Top-1, top-5 and loss by sorting, over double-precision logits. */
function evaluateByHand(network: Network, weights: Weights) {
  let [top1, top5, loss] = [0, 0, 0];
  const answers: number[] = [];
  for (const { images, labels, size } of batches) {
    const length = images.length / size;
    for (let i = 0; i < size; i++) {
      const logits = [...referenceLogits(network, weights, images.subarray(i * length, (i + 1) * length))];
      const order = logits.map((_, c) => c).sort((a, b) => logits[b]! - logits[a]!);
      answers.push(order[0]!);
      top1 += Number(order[0] === labels[i]);
      top5 += Number(order.slice(0, 5).includes(labels[i]!));
      loss += Math.log(logits.reduce((sum, value) => sum + Math.exp(value - logits[labels[i]!]!), 0));
    }
  }
  return { top1: top1 / 8, top5: top5 / 8, loss: loss / 8, answers };
}

test('agrees with a double-precision reference, folded and unfolded, and leaves no tensors', async () => {
  const expected = evaluateByHand(network, weights);
  const before = tf.memory().numTensors;
  const folded = await evaluate({ network, weights, batches });
  expect(tf.memory().numTensors).toBe(before);
  const parameters = Parameters.fromWeights(network, weights);
  const unfolded = await evaluate({ network, parameters, batches });
  parameters.dispose();
  expect(tf.memory().numTensors).toBe(before);
  for (const result of [folded, unfolded]) {
    expect(result.images).toBe(8);
    expect(result.top1).toBe(expected.top1);
    expect(result.top5).toBe(expected.top5);
    expect(result.loss).toBeCloseTo(expected.loss, 3);
    expect([...result.predictions.classes].filter((_, i) => i % 5 === 0)).toEqual(expected.answers);
    expect([...result.predictions.indices]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  }
});

test('weights that have gone bad are an error, and nothing leaks', async () => {
  const before = tf.memory().numTensors;
  const bad: Weights = new Map(weights);
  const name = [...bad.keys()].findLast((key) => key.endsWith('/bias'))!;
  bad.set(name, { shape: [7], values: new Float32Array(7).fill(Number.NaN) });
  await expect(evaluate({ network, weights: bad, batches })).rejects.toMatchObject({ code: 'training.diverged' });
  expect(tf.memory().numTensors).toBe(before);
});
