import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../model/index.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Teacher, TeacherAnswer, TeacherImages, TeacherOutputs, TeacherWish } from './teacher.ts';

/** An answer `[size, …]` on the back end, as the outputs of `Teacher.forward`. The caller disposes them. */
export function uploadAnswer(answer: TeacherAnswer, size: number, wish: TeacherWish): TeacherOutputs {
  const { logits, taps, embedding } = answer;
  return {
    logits: tf.tensor2d(logits, [size, logits.length / size]),
    taps: new Map(
      wish.taps.map((tap) => {
        const { shape, values } = taps.get(tap)!; // A teacher answers every tap that it was opened for.
        return [tap, tf.tensor<tf.Rank.R4>(values, shape as [number, number, number, number])] as const;
      }),
    ),
    embedding: wish.embedding && embedding ? tf.tensor2d(embedding.values, embedding.shape as [number, number]) : null,
  };
}

/**
 * The same teacher, with its answers for images that come again cached, wherever it computes. Closing it closes the cache.
 *
 * @param options `embedding`: whether embeddings are asked for, and so kept
 */
export function keepAnswers(teacher: Teacher, cache: AnswerCache, { embedding }: { embedding: boolean }): Teacher {
  const everything: TeacherWish = { taps: [...teacher.channels.keys()], embedding };
  return {
    ...teacher,
    async answer(asked) {
      const { view, indices } = asked;
      if (view === undefined || !indices) return teacher.answer(asked);
      const kept = await cache.answer({ view, indices }, async (places) => {
        const some = pickImages(asked, places);
        return (await teacher.answer(some)) ?? computeAnswer(teacher, some, everything);
      });
      return kept ?? teacher.answer(asked);
    },
    forward: (images, wish, answer) =>
      answer ? uploadAnswer(answer, images.shape[0], wish) : teacher.forward(images, wish, null),
    async close() {
      await cache.close();
      await teacher.close();
    },
  };
}

function pickImages({ images, size }: TeacherImages, places: readonly number[]): TeacherImages {
  const length = images.length / size;
  const picked = new Float32Array(places.length * length);
  for (const [row, place] of places.entries())
    picked.set(images.subarray(place * length, (place + 1) * length), row * length);
  return { images: picked, size: places.length };
}

/** What a teacher that computes on the back end says of some images, in ordinary memory. */
async function computeAnswer(
  teacher: Teacher,
  { images, size }: TeacherImages,
  wish: TeacherWish,
): Promise<TeacherAnswer> {
  const [height, width] = teacher.description.inputSize;
  const computed = tf.tidy(() => {
    const { logits, taps, embedding } = teacher.forward(tf.tensor4d(images, [size, height, width, 3]), wish, null);
    // A tidy keeps what is in objects, not in maps.
    return { logits, taps: Object.fromEntries(taps), ...(embedding && { embedding }) };
  });
  try {
    const taps: [string, HostTensor][] = [];
    for (const name of wish.taps) taps.push([name, await readTensor(computed.taps[name]!)]);
    return {
      logits: (await readTensor(computed.logits)).values,
      taps: new Map(taps),
      embedding: computed.embedding ? await readTensor(computed.embedding) : null,
    };
  } finally {
    tf.dispose(computed);
  }
}

async function readTensor(tensor: tf.Tensor): Promise<HostTensor> {
  return { shape: tensor.shape, values: new Float32Array(await tensor.data<'float32'>()) };
}
