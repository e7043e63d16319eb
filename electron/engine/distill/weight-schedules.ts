import type { Recipe } from '../../../shared/run/recipe.ts';

export type WeightScheduleName = Recipe['distill']['schedule'];

/** Factors that multiply the recipe's own weights in one epoch. */
export interface ScheduledWeights {
  readonly crossEntropy: number;
  readonly distillation: number;
}

/** `epoch` counts from 0; `epochs` is how many there are in all. */
export type WeightSchedule = (epoch: number, epochs: number) => ScheduledWeights;

/** Every schedule by its name in a recipe. */
export const WEIGHT_SCHEDULES: Readonly<Record<WeightScheduleName, WeightSchedule>> = {
  /** Both at full weight throughout. */
  constant: () => ({ crossEntropy: 1, distillation: 1 }),
  /** From the labels alone to the teacher alone over the first half: alpha = min(epoch / (0.5 · epochs), 1). */
  'linear-ramp': (epoch, epochs) => {
    const alpha = Math.min(epoch / (0.5 * epochs), 1);
    return { crossEntropy: 1 - alpha, distillation: alpha };
  },
};
