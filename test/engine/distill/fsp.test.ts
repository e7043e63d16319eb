import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { METHOD_MODULES, type MethodFacts, NO_STATE } from '../../../electron/engine/distill/index.ts';
import { compareFlows } from '../../../electron/engine/distill/methods/fsp.ts';
import { METHOD_SCHEMAS } from '../../../shared/run/methods.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const map = (shape: [number, number, number, number], values: number[]) => tf.tensor4d(values, shape);
const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

test('the flow between levels is the products of channels', () => {
  const student = { finer: map([1, 1, 1, 2], [1, 2]), deeper: map([1, 1, 1, 1], [3]) };
  const teacher = { finer: map([1, 2, 2, 2], [0, 0, 2, 0, 0, 0, 2, 0]), deeper: map([1, 1, 1, 1], [1]) };
  // [3, 6] beside [1, 0].
  expect(numberOf(compareFlows(student, teacher))).toBeCloseTo((2 ** 2 + 6 ** 2) / 2, 5);
});

test('the flow between levels takes two levels', () => {
  const facts: MethodFacts = {
    classes: 2,
    labelSmoothing: 0,
    pairs: [{ student: 's', teacher: 't', studentChannels: 2, teacherChannels: 2 }],
    embeddings: null,
    ownEmbedding: null,
    classCounts: null,
    balance: null,
    images: null,
  };
  const settings = METHOD_SCHEMAS.fsp.parse({ weight: 1 });
  expect(() => METHOD_MODULES.fsp.open({ settings, facts, state: NO_STATE, random: new Random(1) })).toThrow(
    /pair two levels at least/,
  );
});
