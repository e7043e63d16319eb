import * as tf from '@tensorflow/tfjs-core';
import type { AnswerCache } from './answer-cache.ts';
import type { Teacher, TeacherAnswer, TeacherOutputs, TeacherWish } from './teacher.ts';

/** An answer `[size, …]` on the back end, as the outputs of `Teacher.forward`. The caller disposes them. */
export function uploadAnswer({ logits, taps }: TeacherAnswer, size: number, wish: TeacherWish): TeacherOutputs {
  return {
    logits: tf.tensor2d(logits, [size, logits.length / size]),
    taps: new Map(
      wish.taps.map((tap) => {
        const { shape, values } = taps.get(tap)!; // A teacher answers every tap that it was opened for.
        return [tap, tf.tensor<tf.Rank.R4>(values, shape as [number, number, number, number])] as const;
      }),
    ),
    embedding: null,
  };
}

/** The same teacher, with its answers for unaugmented images cached. Closing it closes the cache. */
export function keepAnswers(teacher: Teacher, cache: AnswerCache): Teacher {
  return {
    ...teacher,
    answer: (asked) => {
      const { plain, indices } = asked;
      if (!plain || !indices) return teacher.answer(asked);
      // A teacher whose answers are kept computes outside the back end, and so has one to every question.
      return cache.answer(indices, async () => (await teacher.answer(asked))!);
    },
    async close() {
      await cache.close();
      await teacher.close();
    },
  };
}
