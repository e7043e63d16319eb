import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { clipGradients } from '../../../electron/engine/train/clip-gradients.ts';
import { Optimizer, type OptimizerName, type Slots } from '../../../electron/engine/train/index.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const START = [0.5, -1, 2];
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [0.4, 0, -0.5],
  [-0.1, 0.6, 0.2],
];

/** What torch.optim of PyTorch 1.13 makes of these gradients, learning rate 0.1. */
const CASES: { name: OptimizerName; momentum: number; weightDecay: number; expected: number[][] }[] = [
  {
    name: 'sgd',
    momentum: 0.9,
    weightDecay: 0.01,
    expected: [
      [0.48005, -0.9601, 1.93920004],
      [0.39463291, -0.94126582, 2.00459552],
      [0.37243977, -1.03739071, 1.97838807],
    ],
  },
  {
    name: 'sgd',
    momentum: 0,
    weightDecay: 0.01,
    expected: [
      [0.48949999, -0.97899997, 1.96800005],
      [0.44901049, -0.97802097, 2.01603198],
      [0.45856148, -1.03704298, 1.99401593],
    ],
  },
  {
    name: 'adamw',
    momentum: 0.9,
    weightDecay: 0.05,
    expected: [
      [0.39750001, -0.89499998, 1.88999999],
      [0.30707487, -0.82351917, 1.90990615],
      [0.25416949, -0.86364633, 1.90108252],
    ],
  },
];

async function runSteps({ name, momentum, weightDecay }: (typeof CASES)[number], decay: boolean, restart: boolean) {
  const variable = tf.variable(tf.tensor1d(START));
  const parameters = new Map([['p', { variable, decay }]]);
  let slots: Slots = new Map();
  let optimizer = new Optimizer(parameters, { name, momentum, weightDecay, slots });
  const path: number[][] = [];
  for (const [i, values] of GRADIENTS.entries()) {
    const gradient = tf.tensor1d(values);
    optimizer.apply(new Map([['p', gradient]]), { learningRate: 0.1, step: i + 1 });
    gradient.dispose();
    path.push([...variable.dataSync()]);
    if (!restart) continue;
    slots = await optimizer.readSlots();
    optimizer.dispose();
    optimizer = new Optimizer(parameters, { name, momentum, weightDecay, slots });
  }
  optimizer.dispose();
  variable.dispose();
  return path;
}

test.each(CASES)('$name with momentum $momentum steps as in PyTorch', async (settings) => {
  for (const restart of [false, true]) {
    const path = await runSteps(settings, true, restart);
    for (const [i, expected] of settings.expected.entries())
      for (const [j, value] of expected.entries()) expect(path[i]![j]).toBeCloseTo(value, 6);
  }
});

test('weight decay is left out where it does not belong', async () => {
  for (const settings of CASES) {
    const without = await runSteps({ ...settings, weightDecay: 0 }, true, false);
    expect(await runSteps(settings, false, false)).toEqual(without);
    expect(await runSteps(settings, true, false)).not.toEqual(without);
  }
});

test('clipping scales all gradients to one common norm, as in PyTorch', () => {
  const gradients = new Map([
    ['a', tf.tensor1d([3, 4])],
    ['b', tf.tensor1d([12])],
  ]);
  const numbers = (limit: number) =>
    tf.tidy(() => [...clipGradients(gradients, limit).values()].map((gradient) => [...gradient.dataSync()]));
  expect(
    numbers(6.5)
      .flat()
      .map((x) => Number(x.toFixed(5))),
  ).toEqual([1.5, 2, 6]);
  expect(numbers(13.1)).toEqual([[3, 4], [12]]);
  tf.dispose([...gradients.values()]);
});
