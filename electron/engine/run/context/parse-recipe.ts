import { checkRecipe } from '../../../../shared/run/check-recipe.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { DecantError } from '../../core/errors.ts';

/**
 * Fills a recipe's defaults in. `from` names where it comes from, for the message.
 *
 * @throws DecantError `recipe.invalid` with every problem in one line
 */
export function parseRecipe(input: unknown, from?: string): Recipe {
  const { recipe, problems } = checkRecipe(input);
  if (recipe) return recipe;
  const message = problems.join(' ');
  throw new DecantError('recipe.invalid', from === undefined ? message : `${from}: ${message}`, { problems });
}
