import type { Recipe } from '../../../../shared/run/recipe.ts';
import { orderGlobally } from './global.ts';
import { orderIsomorphically } from './isomorphic.ts';
import type { SelectionPolicy } from './policy.ts';
import { orderUniformly } from './uniform.ts';

export type SelectionName = Recipe['prune']['selection'];

/** Every selection policy by its name in a recipe. */
export const SELECTIONS = {
  uniform: orderUniformly,
  global: orderGlobally,
  isomorphic: orderIsomorphically,
} as const satisfies Record<SelectionName, SelectionPolicy>;

export type { Candidate, SelectionPolicy } from './policy.ts';
