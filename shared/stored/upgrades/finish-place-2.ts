import type { JsonObject } from '../form.ts';

/**
 * Version 2 of places in the training has the segment to train next itself, since what follows may be decided on the way. Version 1
 * had its number in the plan that the recipe alone makes, which becomes `{inPlan}`.
 */
export function upgradeFinishPlaceTo2(json: JsonObject): JsonObject {
  const { segment } = json;
  return typeof segment === 'number' ? { ...json, segment: { inPlan: segment } } : json;
}
