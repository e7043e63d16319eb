import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { RECIPE_NETWORKS } from '../../shared/run/roles.ts';
import { merge } from './experiment.ts';

/**
 * The same recipe with the paths of the weights that it names in the folder of data.
 *
 * @throws Error where they are not there
 */
export function locateWeights(recipe: PartialRecipe, data: string): PartialRecipe {
  return RECIPE_NETWORKS.reduce((located, network) => {
    const file = recipe[network]?.weights ?? null;
    if (file === null) return located;
    const weights = join(data, file);
    if (existsSync(weights)) return merge(located, { [network]: { weights } });
    throw new Error(`There is no ${file} in ${data}; name the folder that has it with --data.`);
  }, recipe);
}
