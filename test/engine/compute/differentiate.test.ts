import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchNormTraining,
  conv2d,
  differentiate,
  globalAveragePool,
  startCompute,
  stopCompute,
} from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { activeRuntime, PROCESSOR_BACKENDS } from './backends.ts';

function draw(random: Random, ...shape: number[]): tf.Tensor4D {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape as [number, number, number, number],
  );
}

/** A residual block, so that gradients meet, are handed through, and go two ways. */
function residualLoss(x: tf.Tensor4D, w: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Scalar {
  const { y } = batchNormTraining(conv2d(x, w, { padding: 1 }), gamma, beta, { activation: 'hard-swish' });
  const sum = tf.addN([tf.add(x, y), y, tf.cast(x, 'float32'), tf.clone(y)]) as tf.Tensor4D;
  return tf.mean(tf.square(globalAveragePool(sum)));
}

describe.each(PROCESSOR_BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend });
  });
  afterAll(stopCompute);

  it("gives tfjs's own gradients, bit by bit, and leaves nothing else", () => {
    const random = new Random(1);
    const xs = [draw(random, 2, 5, 5, 4), draw(random, 3, 3, 4, 4), tf.ones([4]), tf.zeros([4])];
    const [x, w, gamma, beta] = xs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    const expected = tf.engine().gradients(() => residualLoss(x, w, gamma, beta), xs);
    const before = tf.memory().numTensors;
    const { value, gradients } = differentiate(() => residualLoss(x, w, gamma, beta), xs);
    expect(tf.memory().numTensors).toBe(before + 1 + xs.length);
    expect(value.dataSync()).toEqual(expected.value.dataSync());
    for (const [i, gradient] of gradients.entries()) {
      expect(gradient!.dataSync()).toEqual(expected.grads[i]!.dataSync());
    }
    tf.dispose([value, ...(gradients as tf.Tensor[]), expected.value, ...expected.grads, ...xs]);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('keeps gradients of tensors that are also on the way', () => {
    const x = tf.tensor1d([1, 2]);
    let middle: tf.Tensor | undefined;
    const { value, gradients } = differentiate(() => {
      middle = tf.keep(tf.square(x));
      return tf.sum(tf.mul(middle, 3));
    }, [x]);
    expect([...gradients[0]!.dataSync()]).toEqual([6, 12]);
    tf.dispose([x, middle!, value, gradients[0]!]);
  });

  it('says null where there is no path', () => {
    const [x, unused] = [tf.tensor1d([1]), tf.tensor1d([1])];
    const { value, gradients } = differentiate(() => tf.sum(tf.square(x)), [x, unused]);
    expect(gradients[1]).toBeNull();
    tf.dispose([x, unused, value, gradients[0]!]);
  });
});

it('needs much less memory than tfjs does', async () => {
  await startCompute({ backend: 'simd' });
  const random = new Random(2);
  const x = draw(random, 16, 32, 32, 8);
  const filters = Array.from({ length: 16 }, () => draw(random, 3, 3, 8, 8));
  const loss = () =>
    tf.mean<tf.Scalar>(filters.reduce((y, filter) => conv2d(y, filter, { padding: 1, activation: 'relu' }), x));
  const { gradients, value } = differentiate(loss, filters);
  const peak = activeRuntime().statistics().peakBytes;
  const plain = tf.engine().gradients(loss, filters);
  expect(peak).toBeLessThan(0.6 * activeRuntime().statistics().peakBytes);
  tf.dispose([x, value, plain.value, ...filters, ...plain.grads, ...(gradients as tf.Tensor[])]);
  expect(tf.memory().numTensors).toBe(0);
  await stopCompute();
});
