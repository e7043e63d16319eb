import { isJsonObject, type JsonObject } from '../form.ts';

/** What recipes of version 1 had, and every stored one has since. */
const ALWAYS_STORED = ['crossEntropy', 'logits', 'features', 'attention'] as const;

/**
 * Version 4 of recipes: knowledge review is on by default. A recipe that was stored whole before there was such a method had it
 * off; one that people wrote in part takes the defaults of today.
 */
export function upgradeRecipeTo4(recipe: JsonObject): JsonObject {
  const { distill } = recipe;
  if (!isJsonObject(distill) || 'reviewkd' in distill || !ALWAYS_STORED.every((name) => name in distill)) return recipe;
  return { ...recipe, distill: { ...distill, reviewkd: { weight: 0 } } };
}
