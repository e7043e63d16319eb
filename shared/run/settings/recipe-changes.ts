import { type PartialRecipe, type Recipe, recipeSchema } from '../recipe.ts';
import { listRecipeKeys, type RecipeKey } from '../recipe-guide.ts';
import { valueAt, withValue } from './recipe-values.ts';
import { titleSetting } from './setting-titles.ts';
import { describeSetting, explainSetting } from './setting-words.ts';

/** A setting for people. */
export interface NamedSetting {
  readonly key: string;
  readonly title: string;
  readonly meaning: string;
}

/** A setting that differs from the default, in words. */
export interface RecipeChange extends NamedSetting {
  readonly value: string;
  readonly usual: string;
}

/** A setting that differs between recipes: a value for each, in words. */
export interface RecipeDifference extends NamedSetting {
  readonly values: readonly string[];
}

const KEYS = listRecipeKeys();
const DEFAULTS = recipeSchema.parse({});

/** Lists the settings of a recipe that differ from the defaults. */
export function listRecipeChanges(recipe: Recipe): RecipeChange[] {
  return listRecipeDifferences([recipe, DEFAULTS]).map(({ values: [value = '', usual = ''], ...setting }) => ({
    ...setting,
    value,
    usual,
  }));
}

/** Lists the settings that are not the same in all recipes. */
export function listRecipeDifferences(recipes: readonly Recipe[]): RecipeDifference[] {
  return KEYS.filter(({ key }) => new Set(recipes.map((recipe) => JSON.stringify(valueAt(recipe, key)))).size > 1).map(
    (entry) => ({
      ...nameSetting(entry),
      values: recipes.map((recipe) => describeSetting(entry, valueAt(recipe, entry.key))),
    }),
  );
}

/** The shortest recipe that means the same: without what has its default value. */
export function shortenRecipe(recipe: Recipe): PartialRecipe {
  return KEYS.reduce<PartialRecipe>((short, { key, defaultValue }) => {
    const value = valueAt(recipe, key);
    return JSON.stringify(value) === defaultValue ? short : withValue(short, key, value);
  }, {});
}

function nameSetting(entry: RecipeKey): NamedSetting {
  return { key: entry.key, title: titleSetting(entry.key), meaning: explainSetting(entry) };
}
