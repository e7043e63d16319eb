import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACTIVATIONS,
  activate,
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  startCompute,
  stopCompute,
  sumOfSquares,
  updateEma,
  updateSgd,
} from '../../../../electron/engine/compute/index.ts';
import { BACKWARD } from '../../../../electron/engine/compute/operations/kernel-choice.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { activeDevice, MISSING, startOnSwiftShader } from './swiftshader.ts';

const RATES = { learningRate: 1, momentum: 0.9, weightDecay: 0, nesterov: false };

describe.skipIf(MISSING)('the webgpu back end', () => {
  beforeAll(async () => {
    await startOnSwiftShader();
  });
  afterAll(stopCompute);

  it('reads what an update in place has written, also after an earlier reading', async () => {
    const [parameter, velocity] = [tf.variable(tf.tensor1d([1, 2, 3])), tf.variable(tf.zeros([3]))];
    const gradient = tf.tensor1d([1, 1, 1]);
    expect([...(await parameter.data())]).toEqual([1, 2, 3]);
    updateSgd({ parameter, velocity, gradient, ...RATES });
    expect([...(await parameter.data())]).toEqual([0, 1, 2]);
    updateSgd({ parameter, velocity, gradient, ...RATES });
    const [once, twice] = [await parameter.data(), await velocity.data()];
    for (const [i, value] of [-1.9, -0.9, 0.1].entries()) expect(once[i]).toBeCloseTo(value, 6);
    for (const value of twice) expect(value).toBeCloseTo(1.9, 6);
    tf.dispose([parameter, velocity, gradient]);
    tf.disposeVariables();
  });

  it('leaves a clone of a variable as it was', async () => {
    const average = tf.variable(tf.tensor1d([1, 2]));
    const [snapshot, value] = [tf.clone(average as tf.Tensor), tf.tensor1d([3, 3])];
    updateEma(average, value, 0.5);
    expect([...(await snapshot.data())]).toEqual([1, 2]);
    expect([...(await average.data())]).toEqual([2, 2.5]);
    tf.dispose([snapshot, value]);
    tf.disposeVariables();
  });

  it('gives a freed buffer to the next tensor before anything is submitted, in order', async () => {
    const device = activeDevice();
    const x = tf.tensor1d([1, 2, 3, 4]);
    const { submits } = device.counts;
    let sum = tf.mul(x, 1);
    // Each result is freed before the next but one is computed.
    for (let i = 0; i < 10; i++) {
      const next = tf.add(sum, x);
      sum.dispose();
      sum = next;
    }
    expect(device.counts.submits).toBe(submits);
    expect([...(await sum.data())]).toEqual([11, 22, 33, 44]);
    tf.dispose([x, sum]);
  });

  it('understands numbers that were cast and are integers still', async () => {
    const device = activeDevice();
    const cast = tf.cast(tf.tensor1d([1, 2, 3, 4], 'int32'), 'float32');
    expect(device.tensorMap.get(cast.dataId).dtype).toBe('int32');
    const sum = sumOfSquares([cast]);
    expect([...(await sum.data())]).toEqual([30]);
    tf.dispose([cast, sum]);
    tf.disposeVariables();
  });

  it('says how to read where a synchronous reading is tried', () => {
    const y = tf.tidy(() => tf.mul(tf.tensor1d([1]), 2));
    expect(() => y.dataSync()).toThrow(/use data\(\)/);
    y.dispose();
  });

  it.each(ACTIVATIONS)('%s hides no NaN', async (activation) => {
    for (const size of [3, 4]) {
      const x = tf.tensor1d(Array.from({ length: size }, (_, i) => (i === 1 ? Number.NaN : 1)));
      const y = activate(x, activation);
      const values = [...(await y.data())];
      expect(values.map(Number.isNaN)).toEqual(values.map((_, i) => i === 1));
      tf.dispose([x, y]);
    }
  });

  it('sums the squares of many tensors of many sizes', async () => {
    const random = new Random('squares');
    const lists = [1, 3, 4, 5, 255, 256, 2048, 2049, 5000, 7, 64, 0, 33, 2, 1, 999].map((size) =>
      Float32Array.from({ length: size }, () => random.normal()),
    );
    const tensors = lists.filter(({ length }) => length > 0).map((list) => tf.tensor1d(list.slice()));
    const sum = sumOfSquares(tensors);
    const expected = lists.reduce((total, list) => total + list.reduce((part, x) => part + x * x, 0), 0);
    expect((await sum.data())[0]! / expected).toBeCloseTo(1, 5);
    tf.dispose([...tensors, sum]);
  });

  it('keeps the digits of a variance far from zero', async () => {
    const random = new Random('variance');
    const values = Float32Array.from({ length: 2 * 20 * 20 * 4 }, () => 1000 + random.normal());
    const mean = (pick: (x: number) => number) => {
      const own = [...values].filter((_, i) => i % 4 === 1);
      return own.reduce((sum, x) => sum + pick(x), 0) / own.length;
    };
    const centre = mean((x) => x);
    const { y, ...statistics } = tf.tidy(() => {
      return { ...batchNormTraining(tf.tensor4d(values.slice(), [2, 20, 20, 4]), tf.ones([4]), tf.zeros([4])) };
    });
    expect((await statistics.mean.data())[1]).toBeCloseTo(centre, 3);
    expect((await statistics.variance.data())[1]).toBeCloseTo(
      mean((x) => (x - centre) ** 2),
      3,
    );
    tf.dispose([y, statistics.mean, statistics.variance]);
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

  it.each([
    [BACKWARD.batchNormTraining, /batchNormTraining .*, gradient of x: off by/],
    [tf.Conv2DBackpropFilter, /conv2d .*, gradient of filter: off by/],
    [tf.DepthwiseConv2dNativeBackpropInput, /depthwiseConv2d .*, gradient of x: off by/],
  ])('names the operation whose gradient %s computes wrongly', async (kernelName, message) => {
    const right = tf.getKernel(kernelName, 'webgpu');
    const replace = (kernelFunc: tf.KernelFunc) => {
      tf.unregisterKernel(kernelName, 'webgpu');
      tf.registerKernel({ ...right, kernelFunc });
    };
    // Zeros of the right shapes.
    replace((call) => {
      const results = right.kernelFunc(call);
      const zeros = (Array.isArray(results) ? results : [results]).map(({ shape }) => tf.zeros(shape));
      return Array.isArray(results) ? zeros : zeros[0]!;
    });
    try {
      await expect(startCompute({ backend: 'webgpu' })).rejects.toMatchObject({
        code: 'backend.wrong',
        message: expect.stringMatching(message),
      });
    } finally {
      replace(right.kernelFunc);
      tf.disposeVariables();
    }
  });
});
