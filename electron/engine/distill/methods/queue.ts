import * as tf from '@tensorflow/tfjs-core';
import { EmbeddingQueue } from '../embedding-queue.ts';
import { withKnownGradient } from '../known-gradient.ts';
import type { MethodModule } from '../method.ts';
import { cutProjection, Projection } from '../projection.ts';
import { normalizeRows } from '../relations.ts';

/** Images that are remembered, by the most training images for which so many are. */
const SIZES = [
  [1000, 256],
  [4000, 1024],
  [10_000, 2048],
  [20_000, 4096],
] as const;
const LARGEST = 8192;

/**
 * Distillation of similarities to a queue of images (SEED, Fang et al. 2021; CompRess, Abbasi Koohpayegani et al. 2020), of each
 * image `[batch]`. The queue holds the teacher's embeddings of the images that were seen last, those of the batch itself
 * included, so that each image also meets its own. The student's embeddings pass a linear layer to the teacher's length,
 * which is there only during training. No label takes part, and the queue outlives a cut of the student.
 */
export const method: MethodModule<'queue'> = {
  open({ settings, facts, state, random }) {
    const { student, teacher } = facts.embeddings!; // The table says that it needs them.
    const head = new Projection('student', { from: student, to: teacher, weights: state.variables, random });
    const queue = new EmbeddingQueue({ rows: settings.size ?? chooseQueueSize(facts.images), state });
    return {
      variables: head.variables,
      compute({ embeddings }) {
        const taught = normalizeRows(embeddings!.teacher);
        queue.add(taught);
        const remembered = queue.all();
        const compare = (rows: tf.Tensor2D) => tf.matMul<tf.Tensor2D>(rows, remembered, false, true);
        return queueDivergence(compare(normalizeRows(head.project(embeddings!.student))), compare(taught), settings);
      },
      readState: () => queue.readState(),
      dispose() {
        head.dispose();
        queue.dispose();
      },
    };
  },
  cut: cutProjection('student'),
};

/** How many images are remembered where the recipe does not say, by the number of training images; null: it is not known. */
export function chooseQueueSize(images: number | null): number {
  return SIZES.find(([most]) => images !== null && images <= most)?.[1] ?? LARGEST;
}

/**
 * KL(teacher ‖ student) of the distributions over remembered images that cosines `[batch, remembered]`, each divided by its own
 * temperature, are, of each image `[batch]`. The gradient flows to the student alone. The caller disposes the result.
 */
export function queueDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature = 0.07, teacherTemperature = 0.07 }: { temperature?: number; teacherTemperature?: number } = {},
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const studentLog = tf.logSoftmax(tf.div(x, temperature));
    const teacherLog = tf.logSoftmax(tf.div(teacher, teacherTemperature));
    const probabilities = tf.exp(teacherLog);
    return {
      value: tf.sum(tf.mul(probabilities, tf.sub(teacherLog, studentLog)), 1),
      gradient: tf.div(tf.sub(tf.exp(studentLog), probabilities), temperature),
    };
  });
}
