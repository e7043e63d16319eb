import type { Importance } from './importance.ts';

/** Uniform random scores: the baseline that every other importance has to beat. */
export const scoreByChance: Importance = (group, { random }) => {
  const draw = random.fork('importance', group.id);
  return Float32Array.from({ length: group.channels }, () => draw.next());
};
