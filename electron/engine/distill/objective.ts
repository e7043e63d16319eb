import * as tf from '@tensorflow/tfjs-core';
import { LOSSES, type LossInputs, type LossName, type LossPart, type LossSettings } from './losses.ts';
import type { ScheduledWeights } from './weight-schedules.ts';

/** A part of the loss with the weight that it has now. */
export interface WeightedPart {
  readonly name: LossName;
  readonly weight: number;
  readonly part: LossPart;
}

/** The parts that count under these settings: those of weight above 0, and those of a teacher only where there is one. */
export function activeParts(
  settings: LossSettings,
  { schedule, teacher }: { schedule: ScheduledWeights; teacher: boolean },
): WeightedPart[] {
  return (Object.entries(LOSSES) as [LossName, LossPart][]) // The table's own keys.
    .map(([name, part]) => ({ name, part, weight: part.weight(settings) * schedule[part.share] }))
    .filter(({ weight, part }) => weight > 0 && (teacher || part.share === 'crossEntropy'));
}

/**
 * The training loss of one batch: the weighted sum of its parts. Returns the sum and each part unweighted, in the order
 * of `parts`; the caller disposes all of them.
 */
export function computeObjective(
  parts: readonly WeightedPart[],
  inputs: LossInputs,
  settings: LossSettings,
): { total: tf.Scalar; values: tf.Scalar[] } {
  return tf.tidy(() => {
    const values = parts.map(({ part }) => part.compute(inputs, settings));
    const weighted = values.map((value, i) => tf.mul<tf.Scalar>(value, parts[i]!.weight));
    return { total: tf.addN(weighted), values };
  });
}
