import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { ckaMatrix, type FeatureMatrix } from '../../../electron/engine/measure/index.ts';
import {
  forward,
  initializeWeights,
  type Network,
  type NodeOf,
  Parameters,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { linearCka } from '../../helpers/linear-cka.ts';
import { drawBatches, drawRequest } from '../export/samples.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const teacher = drawRequest({ architecture: 'mobilenet-v3-small', width: 0.1, inputSize: 16 }, 'teacher');
const student = drawRequest({ width: 0.1, inputSize: 16 }, 'student');
const batches = drawBatches(student.network, [16, 16, 3]);

/** Names of the sums of residual blocks, from the shallow to the deep. */
const sumsOf = (network: Network) =>
  network.nodes.filter((node): node is NodeOf<'add'> => node.op === 'add').map(({ name }) => name);

const [shallow, deep] = [sumsOf(student.network)[0]!, sumsOf(student.network).at(-1)!];
const hint = sumsOf(teacher.network).at(-1)!;

test('a network against itself is 1 at equal depth and less across depths', async () => {
  const before = tf.memory().numTensors;
  const values = await ckaMatrix({
    teacher: student,
    student,
    pairs: [
      [shallow, shallow],
      [deep, deep],
      [shallow, deep],
    ],
    batches,
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(values.map(({ teacher, student }) => [teacher, student])).toEqual([
    [shallow, shallow],
    [deep, deep],
    [shallow, deep],
  ]);
  expect(values[0]!.value).toBeCloseTo(1, 9);
  expect(values[1]!.value).toBeCloseTo(1, 9);
  expect(values[2]!.value).toBeLessThan(0.999);
});

test('maps of different sizes are compared; unbiased where the exact value of few images is not', async () => {
  const [entry] = await ckaMatrix({ teacher, student, pairs: [[hint, deep]], batches });
  expect(entry!.value).not.toBeNull();
  expect(Math.abs(entry!.value!)).toBeLessThanOrEqual(1.05);
});

test('agrees with the exact value over all images, within what 96 of them allow', async () => {
  const many = drawBatches(student.network, [48, 48], 'many');
  const { output } = student.network;
  // In the other networks, whose statistics are drawn too, deep features hardly vary with the image.
  const model = { ...student, weights: initializeWeights(student.network, new Random('many')) };
  const [entry] = await ckaMatrix({ teacher: model, student: model, pairs: [[deep, output]], batches: many });
  const exact = linearCka(await featuresOf(model, deep, many), await featuresOf(model, output, many))!;
  expect(Math.abs(entry!.value! - exact)).toBeLessThan(0.1);
});

test('an unknown node is an error that names it, and nothing leaks', async () => {
  const before = tf.memory().numTensors;
  await expect(ckaMatrix({ teacher, student, pairs: [['no such node', deep]], batches })).rejects.toThrow(
    /no such node/,
  );
  expect(tf.memory().numTensors).toBe(before);
});

async function featuresOf(
  { network, weights }: { network: Network; weights: Weights },
  node: string,
  batches: ReturnType<typeof drawBatches>,
): Promise<FeatureMatrix> {
  const parameters = Parameters.fromWeights(network, weights);
  const rows = batches.map(({ images, size }) =>
    tf.tidy(() => {
      const { taps } = forward(network, parameters, tf.tensor4d(images, [size, 16, 16, 3]), {
        training: false,
        taps: [node],
      });
      return tf.reshape(taps.get(node)!, [size, -1]);
    }),
  );
  const all = tf.concat(rows);
  const values = (await all.data<'float32'>()).slice();
  const [images, columns] = all.shape;
  tf.dispose([all, rows]);
  parameters.dispose();
  return { rows: images!, columns: columns!, values };
}
