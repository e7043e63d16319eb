import * as tf from '@tensorflow/tfjs-core';
import { readAnswers } from '../answers.ts';
import { withKnownGradient } from '../known-gradient.ts';
import type { MethodModule, ViewOutputs } from '../method.ts';
import { cutProjection, Projection } from '../projection.ts';
import { normalizeRows } from '../relations.ts';
import { crossEntropy } from './cross-entropy.ts';
import { softenedDivergence } from './logits.ts';

/**
 * Self-supervised distillation (Xu et al. 2020) beside the methods that compare the images as they are: the student's answers to
 * the images turned by 90, 180 and 270 degrees, and which of the upright images it takes each of them for.
 *
 * The paper trains the teacher's head for that alone, for 60 epochs, before the student. Here it learns beside the student in the
 * first `headEpochs` epochs, from its own loss and without one for the student's head; then it stays as it is, and the student's
 * learns from it. Heads are two layers that end in `length` numbers, where the paper's are as long as the embeddings.
 */
export const method: MethodModule<'sskd'> = {
  open({ settings, facts, state, random }) {
    const { student, teacher } = facts.embeddings!; // The table says that it needs them.
    const open = (name: 'student' | 'teacher', from: number) => {
      const given = { to: settings.length, weights: state.variables, random };
      return {
        first: new Projection(`${name}/first`, { from, ...given }),
        second: new Projection(`${name}/second`, { from: settings.length, ...given }),
      };
    };
    const heads = { student: open('student', student), teacher: open('teacher', teacher) };
    const projections = Object.values(heads).flatMap(({ first, second }) => [first, second]);
    /** Cosines between turned images `[3 · batch]` and upright ones `[batch]`. */
    const compare = (side: 'student' | 'teacher', upright: ViewOutputs, turned: readonly ViewOutputs[]) => {
      const { first, second } = heads[side];
      const represent = ({ embeddings }: ViewOutputs) =>
        normalizeRows(second.project(tf.relu(first.project(embeddings![side]))));
      return tf.matMul<tf.Tensor2D>(tf.concat(turned.map(represent), 0), represent(upright), false, true);
    };
    return {
      variables: new Map(projections.flatMap(({ variables }) => [...variables])),
      compute(inputs) {
        const { rotations, epoch } = inputs;
        const answers = rotations.map((turned) => {
          const { student: s, teacher: t } = readAnswers(turned, settings);
          return softenedDivergence(s, t, settings);
        });
        const ofAnswers = tf.mul<tf.Tensor1D>(tf.addN(answers), settings.transformed / rotations.length);
        const temperature = settings.contrastTemperature;
        if (epoch < settings.headEpochs)
          return tf.add(ofAnswers, contrastLoss(compare('teacher', inputs, rotations), { temperature }));
        const ofSimilarities = similarityDivergence(
          compare('student', inputs, rotations),
          () => compare('teacher', inputs, rotations),
          { temperature, keep: settings.keep },
        );
        return tf.add(ofAnswers, tf.mul(ofSimilarities, settings.contrast));
      },
      dispose: () => {
        for (const projection of projections) projection.dispose();
      },
    };
  },
  cut: cutProjection('student/first'),
};

/**
 * How far turned images are from being known as themselves, of each upright image `[batch]`, mean over its turns: cross-entropy
 * of cosines `[turns · batch, batch]` divided by the temperature. Differentiable; the caller disposes the result.
 */
export function contrastLoss(cosines: tf.Tensor2D, { temperature = 0.5 }: { temperature?: number } = {}): tf.Tensor1D {
  return tf.tidy(() => {
    const loss = crossEntropy(tf.div(cosines, temperature), markOwn(cosines));
    return tf.mean(tf.reshape(loss, [-1, cosines.shape[1]]), 0);
  });
}

/**
 * τ² · KL(teacher ‖ student) of the distributions over upright images that cosines `[turns · batch, batch]` divided by the
 * temperature τ are, of each upright image `[batch]`. A turned image is right where the teacher finds it most similar to itself.
 * All right ones count, and of the wrong ones the share `keep` in which the image itself comes first; the mean of the result is
 * that over those that count. The gradient flows to the student alone; `teacher` is computed without one. The caller disposes
 * the result.
 */
export function similarityDivergence(
  student: tf.Tensor2D,
  teacher: () => tf.Tensor2D,
  { temperature = 0.5, keep = 0.75 }: { temperature?: number; keep?: number } = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const batch = student.shape[1];
    const losses = withKnownGradient(student, (x) => {
      const given = teacher();
      const counts = selectReliable(given, keep);
      const share = tf.mul<tf.Tensor2D>(counts, tf.div(x.shape[0], tf.sum(counts)));
      const studentLog = tf.logSoftmax(tf.div(x, temperature));
      const teacherLog = tf.logSoftmax(tf.div(given, temperature));
      const probabilities = tf.exp(teacherLog);
      const divergence = tf.sum(tf.mul(probabilities, tf.sub(teacherLog, studentLog)), 1, true);
      return {
        value: tf.reshape(tf.mul(tf.mul(divergence, share), temperature ** 2), [x.shape[0]]),
        gradient: tf.mul(tf.mul(tf.sub(tf.exp(studentLog), probabilities), share), temperature),
      };
    });
    return tf.mean(tf.reshape(losses, [-1, batch]), 0);
  });
}

/** 1 for each turned image that counts, else 0, `[turns · batch, 1]`; nothing is read back from the device. */
function selectReliable(cosines: tf.Tensor2D, keep: number): tf.Tensor2D {
  const turned = cosines.shape[0];
  const own = tf.sum(tf.mul(cosines, markOwn(cosines)), 1, true);
  const number = (condition: tf.Tensor) => tf.cast(condition, 'float32');
  // How many images the teacher finds more similar.
  const rank = tf.sum(number(tf.greater(cosines, own)), 1, true);
  const wrong = tf.sum(number(tf.greater(rank, 0)));
  const limit = tf.sub(turned, tf.ceil(tf.mul(wrong, 1 - keep)));
  // Among equal ranks, the first counts first.
  const order = tf.add<tf.Tensor2D>(rank, tf.reshape(tf.div(tf.range(0, turned), turned), [turned, 1]));
  const place = tf.sum(number(tf.greater(order, tf.transpose(order))), 1, true);
  return number(tf.less(place, limit)) as tf.Tensor2D; // A number a row.
}

/** 1 where a turned image meets itself, `[turns · batch, batch]`. */
function markOwn(cosines: tf.Tensor2D): tf.Tensor2D {
  const [turned, batch] = cosines.shape;
  return tf.tile(tf.eye(batch), [turned / batch, 1]);
}
