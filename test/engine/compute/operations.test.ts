import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACTIVATIONS,
  activate,
  batchNormInference,
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  fakeQuantize,
  globalAveragePool,
  scaleChannels,
  startCompute,
  stopCompute,
} from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { activeRuntime, PROCESSOR_BACKENDS } from './backends.ts';

interface Operation {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const map = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const vector = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor1D;

const OPERATIONS: Operation[] = [
  ...ACTIVATIONS.flatMap((activation): Operation[] => [
    { name: `activate ${activation}`, inputs: [[2, 3, 4, 5]], run: (x) => activate(x, activation) },
    {
      name: `conv2d 3x3/2 ${activation}`,
      inputs: [[2, 7, 6, 3], [3, 3, 3, 5], [5]],
      run: (x, w, bias) => conv2d(map(x), map(w), { stride: 2, padding: 1, bias: vector(bias), activation }),
    },
    {
      name: `conv2d 1x1 ${activation}`,
      inputs: [
        [2, 3, 3, 13],
        [1, 1, 13, 10],
      ],
      run: (x, w) => conv2d(map(x), map(w), { activation }),
    },
    {
      name: `depthwiseConv2d 3x3 ${activation}`,
      inputs: [[2, 5, 6, 7], [3, 3, 7, 1], [7]],
      run: (x, w, bias) => depthwiseConv2d(map(x), map(w), { padding: 1, bias: vector(bias), activation }),
    },
    {
      name: `batchNormTraining ${activation}`,
      inputs: [[3, 4, 4, 6], [6], [6]],
      run: (x, gamma, beta) => batchNormTraining(map(x), vector(gamma), vector(beta), { activation }).y,
    },
    {
      name: `batchNormInference ${activation}`,
      inputs: [[3, 4, 4, 6], [6], [6], [6], [6]],
      run: (x, gamma, beta, mean, deviation) =>
        batchNormInference(map(x), vector(gamma), vector(beta), vector(mean), tf.square(vector(deviation)), {
          epsilon: 0.5,
          activation,
        }),
    },
  ]),
  {
    name: 'depthwiseConv2d 5x5/2',
    inputs: [
      [1, 7, 7, 9],
      [5, 5, 9, 1],
    ],
    run: (x, w) => depthwiseConv2d(map(x), map(w), { stride: 2, padding: 2 }),
  },
  { name: 'globalAveragePool', inputs: [[2, 3, 4, 5]], run: (x) => globalAveragePool(map(x)) },
  {
    name: 'scaleChannels',
    inputs: [
      [2, 3, 4, 5],
      [2, 1, 1, 5],
    ],
    run: (x, gate) => scaleChannels(map(x), map(gate)),
  },
  {
    name: 'dense',
    inputs: [[4, 11], [11, 10], [10]],
    run: (x, w, bias) => dense(x as tf.Tensor2D, w as tf.Tensor2D, vector(bias)),
  },
];

function draw(random: Random, shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    [...shape],
  );
}

describe.each(PROCESSOR_BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend });
  });
  afterAll(stopCompute);

  it.each(OPERATIONS)('$name: gradients agree with finite differences', ({ name, inputs, run }) => {
    tf.tidy(() => {
      const random = new Random(1).fork(name);
      const xs = inputs.map((shape) => draw(random, shape));
      const upstream = draw(random, run(...xs).shape);
      const loss = (...values: tf.Tensor[]) => tf.sum<tf.Scalar>(tf.mul(run(...values), upstream));
      const gradients = tf.grads(loss)(xs);
      for (const [i, x] of xs.entries()) {
        const direction = draw(random, x.shape);
        const step = 2e-3;
        const at = (amount: number) => loss(...xs.with(i, tf.add(x, tf.mul(direction, amount)))).dataSync()[0]!;
        const slope = (at(step) - at(-step)) / (2 * step);
        const predicted = tf.sum(tf.mul(gradients[i]!, direction)).dataSync()[0]!;
        const scale = Math.sqrt(tf.sum(tf.square(gradients[i]!)).dataSync()[0]! * x.size);
        expect(Math.abs(slope - predicted), `input ${i}: ${slope} against ${predicted}`).toBeLessThan(
          0.02 * scale + 0.02,
        );
      }
    });
  });

  it.each(OPERATIONS)('$name: leaves nothing behind', ({ name, inputs, run }) => {
    const random = new Random(2).fork(name);
    const before = tf.memory().numTensors;
    const blocksBefore = backend === 'simd' ? activeRuntime().statistics().blocks : 0;
    const xs = inputs.map((shape) => draw(random, shape));
    const y = run(...xs);
    expect(tf.memory().numTensors - before - xs.length).toBeLessThanOrEqual(name.startsWith('batchNorm') ? 3 : 1);
    const gradients = tf.grads((...values: tf.Tensor[]) => run(...values))(xs);
    tf.dispose([y, ...xs, ...gradients]);
    if (!name.startsWith('batchNorm')) {
      expect(tf.memory().numTensors).toBe(before);
      if (backend === 'simd') expect(activeRuntime().statistics().blocks).toBe(blocksBefore);
    }
  });

  it.each([[[1]], [[7]], [[3, 5, 21]], [[40_001]]])(
    'fakeQuantize of %j: the nearest integers, and gradients where they reach',
    (shape) => {
      const grid = { scale: Math.fround(0.05), lowest: -28, highest: 227 };
      const before = tf.memory().numTensors;
      const random = new Random(4);
      const size = shape.reduce((a, b) => a * b, 1);
      const numbers = Float32Array.from({ length: size }, () => random.uniform(-4, 14));
      numbers.set([0.125].slice(0, size)); // Half way: 2.5 in units of the scale, or next to it.
      const x = tf.tensor(numbers, shape);
      const upstream = tf.tensor(
        numbers.map((_, i) => i + 1),
        shape,
      );
      const { value, grad } = tf.valueAndGrad((v) => tf.sum(tf.mul(fakeQuantize(v, grid), upstream)))(x);
      const rounded = fakeQuantize(x, grid);
      const [low, high] = [Math.fround(0.05 * -28.5), Math.fround(0.05 * 227.5)];
      const expected = numbers.map((number) => {
        const quotient = Math.fround(number / grid.scale);
        const down = Math.floor(quotient);
        const integer = quotient - down === 0.5 ? down + (down % 2) : Math.round(quotient);
        return Math.min(227, Math.max(-28, integer)) * grid.scale;
      });
      expect(rounded.shape).toEqual(shape);
      expect(rounded.dataSync()).toEqual(expected);
      const passed = numbers.map((number, i) => (number >= low && number <= high ? i + 1 : 0));
      expect(grad.dataSync()).toEqual(passed);
      if (size > 100) expect(passed.filter((slope) => slope === 0).length).toBeGreaterThan(size / 20);
      tf.dispose([x, upstream, value, grad, rounded]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('batch norm leaves its three results and nothing else', () => {
    const random = new Random(3);
    const before = tf.memory().numTensors;
    const [x, gamma, beta] = [draw(random, [2, 3, 3, 4]), draw(random, [4]), draw(random, [4])];
    const { y, mean, variance } = batchNormTraining(map(x), vector(gamma), vector(beta), { activation: 'relu6' });
    expect(tf.memory().numTensors).toBe(before + 6);
    const frozen = batchNormInference(map(x), vector(gamma), vector(beta), mean, variance);
    expect(tf.memory().numTensors).toBe(before + 7);
    tf.dispose([x, gamma, beta, y, mean, variance, frozen]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('batch norm returns the mean and the biased variance', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 10, 2, 20, 3, 60], [1, 3, 1, 2]);
      const { mean, variance, y } = batchNormTraining(x, tf.ones([2]), tf.zeros([2]), { epsilon: 0 });
      expect([...mean.dataSync()]).toEqual([2, 30]);
      expect(variance.dataSync()[0]).toBeCloseTo(2 / 3, 6);
      expect(variance.dataSync()[1]).toBeCloseTo(1400 / 3, 3);
      expect(y.dataSync()[0]).toBeCloseTo(-Math.sqrt(1.5), 5);
    });
  });
});
