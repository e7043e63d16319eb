import type { Recipe } from '../../shared/run/recipe.ts';
import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';

export interface RecipeChange {
  readonly key: string;
  readonly meaning: string;
  readonly value: string;
  readonly usual: string;
}

const KEYS = listRecipeKeys();

/** Lists the settings of a recipe that differ from the defaults. */
export function listRecipeChanges(recipe: Recipe): RecipeChange[] {
  return KEYS.flatMap(({ key, meaning, defaultValue }) => {
    const value = JSON.stringify(read(recipe, key));
    return value === defaultValue ? [] : [{ key, meaning, value: strip(value), usual: strip(defaultValue) }];
  });
}

function read(recipe: Recipe, key: string): unknown {
  return key.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], recipe); // All parts of a key but the last lead to objects.
}

const strip = (json: string): string => json.replace(/^"(.*)"$/, '$1');
