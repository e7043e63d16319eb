import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  differentiate,
  globalAveragePool,
  startCompute,
  stopCompute,
  updateSgd,
} from '../../../electron/engine/compute/index.ts';
import { SimdBackend } from '../../../electron/engine/compute/simd/backend.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { activeRuntime } from './backends.ts';

describe('the simd back end', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'simd' });
  });
  afterAll(stopCompute);

  const backend = () => tf.backend() as SimdBackend; // `startCompute` above made it the active one.

  it('reshapes and clones without a copy', () => {
    tf.tidy(() => {
      const x = tf.relu(tf.tensor1d([1, 2, 3, 4]));
      const blocks = activeRuntime().statistics().blocks;
      const views = [tf.reshape(x, [2, 2]), tf.clone(x)];
      for (const view of views) expect(backend().offsetOf(view)).toBe(backend().offsetOf(x));
      expect(activeRuntime().statistics().blocks).toBe(blocks);
    });
  });

  it('lets what was read outlive its tensor', () => {
    const x = tf.relu(tf.tensor1d([1, 2, 3]));
    const read = x.dataSync();
    x.dispose();
    tf.tidy(() => tf.relu(tf.fill([3], 7)));
    expect([...read]).toEqual([1, 2, 3]);
    expect(read.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('lets a slice outlive the tensor that it was cut from', () => {
    const x = tf.relu(tf.tensor1d([1, 2, 3, 4]));
    const slice = tf.slice(x, 1, 2);
    x.dispose();
    tf.tidy(() => tf.relu(tf.fill([4], 7)));
    expect([...slice.dataSync()]).toEqual([2, 3]);
    slice.dispose();
  });

  it('does not keep the array that a tensor was made of, once a kernel has used it', () => {
    const values = Float32Array.of(1, 2);
    const x = tf.tensor1d(values);
    tf.dispose(tf.relu(x));
    values[0] = 9;
    expect([...x.dataSync()]).toEqual([1, 2]);
    x.dispose();
  });

  it.each([
    ['scalar', [2, 3, 4], []],
    ['row', [2, 3, 4], [4]],
    ['rows', [2, 3, 4], [3, 4]],
    ['column', [2, 3, 4], [2, 1, 1]],
    ['columns', [2, 3, 4], [2, 3, 1]],
    ['middle, which tfjs does', [2, 3, 4], [3, 1]],
    ['both ways, which tfjs does', [2, 1, 4], [3, 1]],
  ])('broadcasts as tfjs does: %s', async (_, shapeA, shapeB) => {
    const random = new Random('broadcast');
    const values = (shape: number[]) =>
      Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, () => 1 + random.next());
    const [valuesA, valuesB] = [values(shapeA), values(shapeB)];
    const results = () =>
      tf.tidy(() => {
        const [a, b] = [tf.tensor(valuesA.slice(), shapeA), tf.tensor(valuesB.slice(), shapeB)];
        return [tf.add, tf.sub, tf.mul, tf.div, tf.maximum]
          .flatMap((operation) => [operation(a, b), operation(b, a)])
          .map((y) => ({ shape: y.shape, values: [...y.dataSync()] }));
      });
    const ours = results();
    await startCompute({ backend: 'cpu' });
    const expected = results();
    await startCompute({ backend: 'simd' });
    expect(ours).toEqual(expected);
  });

  it('trains 200 steps without growing, and learns', async () => {
    const random = new Random('training');
    const draw = (scale: number, ...shape: number[]) =>
      tf.tidy(() => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Float32Array.from({ length: size }, () => scale * random.normal());
        return tf.variable(tf.tensor(values, shape));
      });
    const weights = [draw(0.3, 3, 3, 3, 8), draw(0.3, 3, 3, 8, 1), draw(0.3, 1, 1, 8, 16), draw(0.1, 16, 4)];
    const gammas = [8, 8, 16].map((channels) => tf.tidy(() => tf.variable(tf.ones([channels]))));
    const betas = [8, 8, 16].map((channels) => draw(0, channels));
    const variables = [...weights, ...gammas, ...betas];
    const velocities = variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v))));
    const norm = (x: tf.Tensor4D, i: number) =>
      batchNormTraining(x, gammas[i] as tf.Tensor1D, betas[i] as tf.Tensor1D, { activation: 'relu6' }).y;
    const [w0, w1, w2] = weights as tf.Tensor[] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

    /** Four classes of noisy stripes, made anew in every step as a data pipeline would. */
    function step(): number {
      return tf.tidy(() => {
        const labels = Array.from({ length: 16 }, () => random.integer(4));
        const pixels = labels.flatMap((label) =>
          Array.from({ length: 8 * 8 * 3 }, (_, i) => Math.sin((label + 1) * i) + 0.5 * random.normal()),
        );
        const images = tf.tensor4d(Float32Array.from(pixels), [16, 8, 8, 3]);
        const targets = tf.cast(tf.oneHot(labels, 4), 'float32');
        const { value, gradients } = differentiate(() => {
          const stem = norm(conv2d(images, w0, { stride: 2, padding: 1 }), 0);
          const depth = norm(depthwiseConv2d(stem, w1, { padding: 1 }), 1);
          const wide = norm(conv2d(tf.add(depth, stem), w2), 2);
          const features = tf.reshape(globalAveragePool(wide), [16, 16]) as tf.Tensor2D;
          const logits = dense(features, weights[3] as tf.Tensor as tf.Tensor2D);
          return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
        }, variables);
        for (const [i, parameter] of variables.entries()) {
          const rates = { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };
          updateSgd({ parameter, gradient: gradients[i]!, velocity: velocities[i]!, ...rates });
        }
        return value.dataSync()[0]!;
      });
    }

    const losses = [step(), step()];
    const tensors = tf.memory().numTensors;
    const { memoryBytes, blocks } = activeRuntime().statistics();
    for (let i = 0; i < 200; i++) losses.push(step());
    expect(tf.memory().numTensors).toBe(tensors);
    expect(activeRuntime().statistics()).toMatchObject({ memoryBytes, blocks });
    const late = losses.slice(-10).reduce((sum, loss) => sum + loss / 10, 0);
    expect(late).toBeLessThan(0.3 * losses[0]!);
    tf.dispose([...variables, ...velocities]);
  });

  it('gives all memory back at the end', async () => {
    tf.relu(tf.tensor1d([1, 2]));
    const runtime = activeRuntime();
    const before = runtime.statistics().blocks;
    backend().dispose();
    expect(runtime.statistics().blocks).toBeLessThan(before);
    await startCompute({ backend: 'simd' });
    expect(tf.backend()).toBeInstanceOf(SimdBackend);
  });
});
