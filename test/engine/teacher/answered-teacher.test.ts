import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import {
  AnswerCache,
  keepAnswers,
  openNetworkTeacher,
  type Teacher,
  type TeacherImages,
} from '../../../electron/engine/teacher/index.ts';
import { makeFolder } from '../data/make-images.ts';
import { drawPixels, drawRequest, normalize } from '../export/samples.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const request = drawRequest({ architecture: 'mobilenet-v3-small' });
const { network } = request;
const [height, width] = network.inputSize;
const LENGTH = height * width * 3;
const TAPS = ['block03/add', 'block05/add'];
const drawn = normalize(drawPixels(network, 12));

/** Images of the drawn dataset, seen in their second view. */
function ask(...indices: number[]): TeacherImages {
  const images = new Float32Array(indices.length * LENGTH);
  for (const [row, index] of indices.entries())
    images.set(drawn.subarray(index * LENGTH, (index + 1) * LENGTH), row * LENGTH);
  return { images, size: indices.length, indices: Int32Array.from(indices), view: 1 };
}

/** Everything that a teacher gives for some images. */
async function teach(teacher: Teacher, asked: TeacherImages) {
  const answer = await teacher.answer(asked);
  const outputs = tf.tidy(() => {
    const images = tf.tensor4d(asked.images, [asked.size, height, width, 3]);
    const { logits, taps, embedding } = teacher.forward(images, { taps: TAPS, embedding: true }, answer);
    return [logits, ...taps.values(), embedding!];
  });
  const found = outputs.map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync() }));
  tf.dispose(outputs);
  return found;
}

function openKept(folder: string, limitBytes = 1e9) {
  let forwards = 0;
  const own = openNetworkTeacher(request, TAPS);
  const counting: Teacher = {
    ...own,
    forward(images, ...others) {
      forwards += images.shape[0];
      return own.forward(images, ...others);
    },
  };
  const cache = new AnswerCache({ folder, limitBytes, images: 12, identity: 'network', augmentation: '' });
  const teacher = keepAnswers(counting, cache, { embedding: true });
  return { teacher, forwards: () => forwards };
}

test('a network’s answers have the same bits computed, kept, and computed in another batch; each is computed once', async () => {
  const folder = makeFolder();
  const before = tf.memory().numTensors;
  const batches = [ask(3, 1, 4, 0), ask(5, 9, 2, 6), ask(1, 11, 5, 8), ask(3, 1, 4, 0)];
  const plain = openNetworkTeacher(request, TAPS);
  const expected = [];
  for (const batch of batches) expected.push(await teach(plain, batch));
  await plain.close();
  for (const computed of [10, 0]) {
    const { teacher, forwards } = openKept(folder);
    const found = [];
    for (const batch of batches) found.push(await teach(teacher, batch));
    expect(found).toEqual(expected);
    expect(forwards()).toBe(computed);
    await teacher.close();
  }
  expect(tf.memory().numTensors).toBe(before);
});

test('images that do not come again, or have no room, are answered as without a cache', async () => {
  const asked = ask(1, 2, 3);
  const { teacher, forwards } = openKept(makeFolder());
  const again = await teach(teacher, asked);
  const { view: _, ...passing } = asked;
  expect(await teacher.answer(passing)).toBeNull();
  expect(await teach(teacher, passing)).toEqual(again);
  expect(forwards()).toBe(6);
  await teacher.close();
  const small = openKept(makeFolder(), 100);
  expect(await teach(small.teacher, asked)).toEqual(again);
  expect(await small.teacher.answer(asked)).toBeNull();
  expect(await teach(small.teacher, asked)).toEqual(again);
  await small.teacher.close();
});
