import type { Program } from '../lowering/index.ts';
import type { Observation } from './observe.ts';
import { planQuantization, type QuantizationPlan } from './plan.ts';
import type { Range } from './ranges.ts';
import { spellHardSwish } from './spell-hard-swish.ts';

/** Integers for a program of which no values were seen: all get one range. It computes as fast as others do, and nothing useful. */
export function planWithin(program: Program, [min, max]: Range): QuantizationPlan {
  const spelled = spellHardSwish(program);
  const observations = new Map(
    spelled.steps.map(({ name, shape }): [string, Observation] => {
      const none = new Float64Array(shape.at(-1)!);
      return [name, { min, max, histogram: new Float64Array(1), channelMeans: none, channelPeaks: none }];
    }),
  );
  return planQuantization(spelled, observations, { method: 'min-max', correct: false, share: true });
}
