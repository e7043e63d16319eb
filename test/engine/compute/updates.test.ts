import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startCompute,
  stopCompute,
  sumOfSquares,
  updateAdamW,
  updateAverages,
  updateEma,
  updateSgd,
} from '../../../electron/engine/compute/index.ts';
import { PROCESSOR_BACKENDS } from './backends.ts';

const variable = (...values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

describe.each(PROCESSOR_BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend });
  });
  afterAll(stopCompute);

  it('SGD takes the steps of PyTorch', () => {
    // torch.optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5) from p = 1 with gradient 2, twice, by hand:
    // g = 2.5, v = 2.5, p = 0.75; g = 2.375, v = 4.625, p = 0.2875.
    const [parameter, velocity] = [variable(1), variable(0)];
    const gradient = tf.tensor1d([2]);
    const rates = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.5 };
    for (let i = 0; i < 2; i++) updateSgd({ parameter, gradient, velocity, nesterov: false, ...rates });
    expect(parameter.dataSync()[0]).toBeCloseTo(0.2875, 6);
    // With Nesterov's look-ahead the first step is lr * (2.5 + 0.9 * 2.5) = 0.475.
    parameter.assign(tf.tensor1d([1]));
    velocity.assign(tf.tensor1d([0]));
    updateSgd({ parameter, gradient, velocity, nesterov: true, ...rates });
    expect(parameter.dataSync()[0]).toBeCloseTo(0.525, 6);
    tf.dispose([parameter, velocity, gradient]);
  });

  it('AdamW moves by the learning rate at first, after decay', () => {
    const [parameter, firstMoment, secondMoment] = [variable(1, -1), variable(0, 0), variable(0, 0)];
    const gradient = tf.tensor1d([5, -0.01]);
    const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
    updateAdamW({ parameter, gradient, firstMoment, secondMoment, step: 1, ...rates });
    expect(parameter.dataSync()[0]).toBeCloseTo(0.999 - 0.01, 5);
    expect(parameter.dataSync()[1]).toBeCloseTo(-0.999 + 0.01, 5);
    tf.dispose([parameter, firstMoment, secondMoment, gradient]);
  });

  it('leaves a clone of a variable as it was', () => {
    const [parameter, velocity] = [variable(1, 2), variable(0, 0)];
    const gradient = tf.tensor1d([1, 1]);
    const snapshot = tf.clone(parameter as tf.Tensor);
    const rates = { learningRate: 1, momentum: 0.9, weightDecay: 0, nesterov: false };
    updateSgd({ parameter, gradient, velocity, ...rates });
    updateEma(velocity, gradient, 0.5);
    expect([...snapshot.dataSync()]).toEqual([1, 2]);
    expect([...parameter.dataSync()]).toEqual([0, 1]);
    tf.dispose([parameter, velocity, gradient, snapshot]);
  });

  it('scales the gradient of an update', () => {
    const [parameter, velocity] = [variable(1), variable(0)];
    const gradient = tf.tensor1d([4]);
    const rates = { learningRate: 1, momentum: 0, weightDecay: 0, nesterov: false };
    updateSgd({ parameter, gradient, velocity, gradientScale: 0.25, ...rates });
    expect([...parameter.dataSync()]).toEqual([0]);
    expect([...gradient.dataSync()]).toEqual([4]);
    tf.dispose([parameter, velocity, gradient]);
  });

  const guardOf = (factor: number, updates: number) => tf.tensor1d([factor, updates]);

  it('takes the very step, scaled, that a guard lets pass', () => {
    const gradient = tf.tensor1d([5, -0.01]);
    const scaled = tf.tensor1d([5 * 1024, -0.01 * 1024]);
    const guard = guardOf(1 / 1024, 3);
    const run = (given: tf.Tensor, others: { guard?: tf.Tensor1D }) => {
      const variables = [0, 1, 2, 3, 4, 5].map((i) => variable(1 + i, 2 - i / 10));
      const [p, velocity, q, firstMoment, secondMoment, average] = variables as [tf.Variable, ...tf.Variable[]];
      const sgd = { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.5 };
      updateSgd({ parameter: p, velocity: velocity!, gradient: given, ...sgd, ...others });
      const adam = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
      // With a guard, its number of updates counts.
      const step = others.guard ? 1000 : 3;
      const moments = { firstMoment: firstMoment!, secondMoment: secondMoment! };
      updateAdamW({ parameter: q!, gradient: given, step, ...moments, ...adam, ...others });
      updateEma(average!, p, 0.9, others.guard);
      const values = variables.flatMap((tensor) => [...tensor.dataSync()]);
      tf.dispose(variables);
      return values;
    };
    const plain = run(gradient, {});
    const guarded = run(scaled, { guard });
    for (const [i, value] of plain.entries()) expect(guarded[i], String(i)).toBeCloseTo(value, 5);
    tf.dispose([gradient, scaled, guard]);
  });

  it('changes nothing, and leaks nothing, where the guard is 0', () => {
    const variables = [0, 1, 2, 3].map((i) => variable(1 + i, -0.1 * i));
    const [parameter, velocity, firstMoment, secondMoment] = variables as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    const before = variables.map((tensor) => tensor.dataSync().slice());
    const gradient = tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY]);
    const guard = guardOf(0, 0);
    const tensors = tf.memory().numTensors;
    updateSgd({ parameter, velocity, gradient, guard, learningRate: 1, momentum: 0.5, nesterov: true, weightDecay: 1 });
    const adam = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, step: 1 };
    updateAdamW({ parameter, firstMoment, secondMoment, gradient, guard, ...adam });
    updateEma(velocity, gradient, 0.5, guard);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(variables.map((tensor) => tensor.dataSync().slice())).toEqual(before);
    tf.dispose([...variables, gradient, guard]);
  });

  it('moves many averages, each value with its factor, and none of them where the guard is 0', () => {
    const averages = [variable(1, 2), variable(-3, 4)];
    const values = [tf.tensor1d([5, 6]), tf.tensor1d([0.5, -8])];
    const moved = [
      { average: averages[0]!, value: values[0]! },
      { average: averages[1]!, value: values[1]!, factor: 2 },
    ];
    const shared = tf.clone(averages[0]!);
    const guard = guardOf(0, 0);
    const tensors = tf.memory().numTensors;
    updateAverages(moved, 0.75, guard);
    expect(averages.map((average) => [...average.dataSync()])).toEqual([
      [1, 2],
      [-3, 4],
    ]);
    updateAverages(moved, 0.75);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(averages.map((average) => [...average.dataSync()])).toEqual([
      [2, 3],
      [-2, -1],
    ]);
    expect([...shared.dataSync()]).toEqual([1, 2]);
    tf.dispose([...averages, ...values, shared, guard]);
  });

  it('sums squares, and shows a number that is not finite', () => {
    const tensors = [tf.tensor1d([1, 2]), tf.tensor2d([[3], [4]])];
    const before = tf.memory().numTensors;
    const sum = sumOfSquares(tensors);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(sum.dataSync()[0]).toBe(30);
    const bad = tf.tensor1d([1, Number.NaN]);
    const broken = sumOfSquares([bad, ...tensors]);
    expect(broken.dataSync()[0]).toBeNaN();
    const none = sumOfSquares([]);
    expect(none.dataSync()[0]).toBe(0);
    tf.dispose([sum, bad, broken, none, ...tensors]);
  });
});
