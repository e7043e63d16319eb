import { isJsonObject, type JsonObject } from '../form.ts';

/** Version 3 of recipes: 0 stands for gradients that are not clipped; null, which did, leaves the norm to Decant. */
export function upgradeRecipeTo3(recipe: JsonObject): JsonObject {
  const { train } = recipe;
  if (!isJsonObject(train) || !isJsonObject(train.optimizer) || train.optimizer.clipNorm !== null) return recipe;
  return { ...recipe, train: { ...train, optimizer: { ...train.optimizer, clipNorm: 0 } } };
}
