import type { JsonObject } from '../form.ts';

/**
 * Version 2 of the curves' points: the factor of each method's weight instead of `alpha`, the one of all that learned
 * from the teacher; the labels' was the rest.
 */
export function upgradeStepPointTo2({ alpha, ...point }: JsonObject): JsonObject {
  const terms = typeof point.terms === 'object' && point.terms !== null ? Object.keys(point.terms) : [];
  const factors =
    typeof alpha === 'number'
      ? Object.fromEntries(terms.map((name) => [name, name === 'crossEntropy' ? 1 - alpha : alpha]))
      : {};
  return { ...point, factors };
}
