import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { attentionTransfer } from './attention-transfer.ts';
import { crossEntropy } from './cross-entropy.ts';
import { featureLoss } from './feature-loss.ts';
import { softenedDivergence } from './softened-divergence.ts';

/** What the losses of one batch may look at. */
export interface LossInputs {
  /** The student's logits `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** Target distributions `[batch, classes]`. */
  readonly targets: tf.Tensor2D;
  /** Null where there is no teacher; its losses are then not asked for. */
  readonly teacherLogits: tf.Tensor2D | null;
  /** Paired feature maps `[batch, height, width, channels]`. */
  readonly levels: readonly FeatureLevel[];
}

export interface FeatureLevel {
  readonly student: tf.Tensor4D;
  /** The student's map brought to the teacher's channels by the pair's adapter; computed when asked for. */
  readonly adapted: () => tf.Tensor4D;
  readonly teacher: tf.Tensor4D;
}

/** The recipe's weights of the losses, and their other numbers. */
export type LossWeights = Omit<Recipe['distill'], 'pairs' | 'levels' | 'schedule'>;
export type LossSettings = LossWeights & { readonly labelSmoothing: number };

/** One part of the training loss. */
export interface LossPart {
  /** Which factor of the weight schedule applies; `distillation` needs a teacher. */
  readonly share: 'crossEntropy' | 'distillation';
  /** Its weight in a recipe; at 0 it is not computed. */
  readonly weight: (settings: LossWeights) => number;
  /** Paired feature maps, and adapters of the student's to the teacher's channels. */
  readonly needs: { readonly levels: boolean; readonly adapters: boolean };
  readonly compute: (inputs: LossInputs, settings: LossSettings) => tf.Scalar;
}

/** Every part of the training loss by its name in reports. */
export const LOSSES = {
  crossEntropy: {
    share: 'crossEntropy',
    weight: (settings) => settings.crossEntropy,
    needs: { levels: false, adapters: false },
    compute: ({ logits, targets }, { labelSmoothing }) => crossEntropy(logits, targets, { labelSmoothing }),
  },
  logits: {
    share: 'distillation',
    weight: (settings) => settings.logits,
    needs: { levels: false, adapters: false },
    compute: ({ logits, teacherLogits }, { temperature }) =>
      softenedDivergence(logits, teacherLogits!, { temperature }), // Asked for only where there is a teacher.
  },
  features: {
    share: 'distillation',
    weight: (settings) => settings.features,
    needs: { levels: true, adapters: true },
    compute: ({ levels }, { featureScale: scale }) =>
      averageOver(levels, (level) => featureLoss(level.adapted(), level.teacher, { scale })),
  },
  attention: {
    share: 'distillation',
    weight: (settings) => settings.attention,
    needs: { levels: true, adapters: false },
    compute: ({ levels }, { attentionPower }) =>
      averageOver(levels, (level) => attentionTransfer(level.student, level.teacher, { power: attentionPower })),
  },
} as const satisfies Record<string, LossPart>;

export type LossName = keyof typeof LOSSES;

/** What the losses that have a weight ask for: a teacher, paired feature maps, adapters between them. */
export function findNeeds(settings: LossWeights): { teacher: boolean; levels: boolean; adapters: boolean } {
  const active = (Object.values(LOSSES) as LossPart[]).filter(({ weight }) => weight(settings) > 0); // The table's own entries.
  return {
    teacher: active.some(({ share }) => share === 'distillation'),
    levels: active.some(({ needs }) => needs.levels),
    adapters: active.some(({ needs }) => needs.adapters),
  };
}

/** Mean of a loss over the paired levels, so that its size does not depend on how many there are. */
function averageOver(levels: readonly FeatureLevel[], loss: (level: FeatureLevel) => tf.Scalar): tf.Scalar {
  return tf.tidy(() => tf.mul<tf.Scalar>(tf.addN(levels.map(loss)), 1 / levels.length));
}
