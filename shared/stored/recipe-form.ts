import { recipeSchema } from '../run/recipe.ts';
import { defineForm, describeNewer, type JsonObject, upgradeStored } from './form.ts';
import { upgradeRecipeTo2 } from './upgrades/recipe-2.ts';
import { upgradeRecipeTo3 } from './upgrades/recipe-3.ts';
import { upgradeRecipeTo4 } from './upgrades/recipe-4.ts';

/** A run's recipe in the store, and recipe files, of which people may write any part by hand. */
export const RECIPE_FORM = defineForm({
  name: 'recipe',
  schema: recipeSchema,
  upgrades: [upgradeRecipeTo2, upgradeRecipeTo3, upgradeRecipeTo4],
});

/**
 * Brings a recipe file's JSON to the newest version, for `checkRecipe`, or says in one sentence why not.
 *
 * @param path of the file, for the sentence
 */
export function upgradeRecipe(
  json: unknown,
  path: string,
): { recipe: JsonObject; problem: null } | { recipe: null; problem: string } {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { recipe: null, problem: `${path}: a recipe is a JSON object like {"prune": {"macs": 0.6}}.` };
  const upgraded = upgradeStored(RECIPE_FORM, json);
  if (upgraded.ok) return { recipe: upgraded.value, problem: null };
  const problem = upgraded.why === 'newer' ? describeNewer(path, upgraded) : `${path}: ${upgraded.details}.`;
  return { recipe: null, problem };
}
