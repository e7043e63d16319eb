import * as tf from '@tensorflow/tfjs-core';
import { scheduleFactor } from '../../../../shared/run/schedules.ts';
import { dense } from '../../compute/index.ts';
import { type Answers, readAnswers } from '../answers.ts';
import type { MethodModule, MethodOptions } from '../method.ts';
import { createVariables, disposeVariables, type VariableSpec } from '../own-variables.ts';
import { scaleGradient } from '../scale-gradient.ts';

/** What a temperature begins with, before the sigmoid (the authors' value). */
const START = 1;
/** Width of the small network that chooses temperatures for single images. */
const HIDDEN = 128;

/**
 * The variables train with the student's optimizer and are none of its channels, so that a cut leaves them as they are. Where
 * only the student trains (a network of integers), the temperature stays what it begins with.
 */
export const method: MethodModule<'ctkd'> = {
  open({ settings, facts, state, random }) {
    const specs = settings.scope === 'image' ? networkSpecs(facts.classes, random) : COMMON_SPECS;
    const variables = createVariables(specs, state.variables);
    const get = <T extends tf.Tensor>(name: string) => variables.get(name)!.variable as tf.Tensor as T; // Made just above.
    /** Temperatures before the sigmoid, `[1, 1]` or `[batch, 1]`. */
    const choose = ({ student, teacher }: Answers): tf.Tensor2D => {
      if (settings.scope !== 'image') return get('temperature');
      const both = tf.concat([scaleGradient(student, 0), teacher], 1);
      const hidden = tf.relu(dense(both, get('hidden/weight'), get('hidden/bias')));
      return dense(hidden, get('output/weight'), get('output/bias'));
    };
    return {
      variables,
      compute(inputs) {
        const answers = readAnswers(inputs, settings);
        // The first epoch is already one step on the way.
        const ramp = { shape: 'cosine', from: 0, to: settings.strength, until: 1 } as const;
        const strength = scheduleFactor(ramp, inputs.epoch + 1, settings.rampEpochs);
        const chosen = scaleGradient(choose(answers), -strength);
        const temperature = tf.add<tf.Tensor2D>(tf.mul(tf.sigmoid(chosen), settings.range), settings.lowest);
        return divergenceAt(answers, temperature);
      },
      dispose: () => disposeVariables(variables),
    };
  },
};

/**
 * T² · KL(teacher ‖ student) of distributions softened by temperatures T, `[1, 1]` for all images or `[batch, 1]`: of each image
 * `[batch]` (the loss of Li et al. 2023). Differentiable in the student's logits `[batch, classes]` and in T. The caller
 * disposes the result.
 */
export function divergenceAt({ student, teacher }: Answers, temperature: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const studentLog = tf.logSoftmax(tf.div(student, temperature));
    const teacherLog = tf.logSoftmax(tf.div(teacher, temperature));
    const divergence = tf.sum(tf.mul(tf.exp(teacherLog), tf.sub(teacherLog, studentLog)), 1, true);
    return tf.reshape(tf.mul(divergence, tf.square(temperature)), [student.shape[0]]);
  });
}

type NamedSpecs = readonly (readonly [string, VariableSpec])[];

const COMMON_SPECS: NamedSpecs = [['temperature', { shape: [1, 1], decay: false, start: START }]];

/** Two layers, from the logits of both networks to a temperature (He et al. 2015 for the first, LeCun et al. 1998 for the second). */
function networkSpecs(classes: number, random: MethodOptions['random']): NamedSpecs {
  const weight = (name: string, from: number, to: number, gain: number): readonly [string, VariableSpec] => [
    `${name}/weight`,
    { shape: [from, to], decay: true, start: { deviation: Math.sqrt(gain / from), random: random.fork('ctkd', name) } },
  ];
  return [
    weight('hidden', 2 * classes, HIDDEN, 2),
    ['hidden/bias', { shape: [HIDDEN], decay: false, start: 0 }],
    weight('output', HIDDEN, 1, 1),
    ['output/bias', { shape: [1], decay: false, start: START }],
  ];
}
