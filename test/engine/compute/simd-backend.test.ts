import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  startCompute,
  stopCompute,
  updateEma,
} from '../../../electron/engine/compute/index.ts';
import { SimdBackend } from '../../../electron/engine/compute/simd/backend.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { activeRuntime } from './backends.ts';
import { startTinyTraining } from './tiny-training.ts';

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

  it('trains 200 steps without growing, and learns', () => {
    const training = startTinyTraining();
    const losses = [training.step(), training.step()];
    const tensors = tf.memory().numTensors;
    const { memoryBytes, blocks } = activeRuntime().statistics();
    for (let i = 0; i < 200; i++) losses.push(training.step());
    expect(tf.memory().numTensors).toBe(tensors);
    expect(activeRuntime().statistics()).toMatchObject({ memoryBytes, blocks });
    const late = losses.slice(-10).reduce((sum, loss) => sum + loss / 10, 0);
    expect(late).toBeLessThan(0.3 * losses[0]!);
    training.dispose();
  });

  it('trains to the same numbers, bit by bit, with one thread and with more', async () => {
    const train = async (threads: number) => {
      await startCompute({ backend: 'simd', threads });
      const training = startTinyTraining();
      for (let i = 0; i < 10; i++) training.step();
      const weights = training.variables.map((variable) => variable.dataSync());
      training.dispose();
      return weights;
    };
    const alone = await train(1);
    for (const threads of [2, 3, 4]) expect(await train(threads)).toEqual(alone);
    await startCompute({ backend: 'simd' });
  });

  it.each([
    ['a bias', () => conv2d(tf.ones([1, 2, 2, 3]), tf.ones([1, 1, 3, 4]), { bias: tf.ones([3]) })],
    ['a filter', () => conv2d(tf.ones([1, 2, 2, 3]), tf.ones([1, 1, 4, 4]))],
    ['a depthwise filter', () => depthwiseConv2d(tf.ones([1, 2, 2, 3]), tf.ones([1, 1, 4, 1]))],
    ['a batch norm', () => batchNormTraining(tf.ones([1, 2, 2, 3]), tf.ones([3]), tf.ones([4]))],
    ['a matrix', () => dense(tf.ones([2, 3]), tf.ones([4, 5]))],
    ['an update', () => updateEma(tf.variable(tf.ones([2])), tf.ones([3]), 0.5)],
  ])('refuses %s of the wrong shape rather than read what is beside it', (_, run) => {
    expect(() => tf.tidy(() => void run())).toThrow(/need|does not/);
    tf.disposeVariables();
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
