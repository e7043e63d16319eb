import { describe, expect, it } from 'vitest';
import { checkRecipe } from '../../../../shared/run/check-recipe.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import {
  listRecipeChanges,
  listRecipeDifferences,
  shortenRecipe,
} from '../../../../shared/run/settings/recipe-changes.ts';

const changed = recipeSchema.parse({
  train: { optimizer: { name: 'adamw' }, baseline: false },
  prune: { macs: 0.4, parameters: 0.5 },
  export: { formats: ['tflite'] },
});

describe('listRecipeChanges', () => {
  it('lists no defaults', () => expect(listRecipeChanges(recipeSchema.parse({}))).toEqual([]));

  it('gives each value beside its default, in words', () =>
    expect(listRecipeChanges(changed)).toMatchObject([
      { title: 'Optimizer', value: 'AdamW', usual: 'SGD' },
      { title: 'Train the full student too, to compare', value: 'off', usual: 'on' },
      { title: 'Share of MACs that may remain', value: '0.4', usual: '0.6' },
      { title: 'Share of parameters that may remain', value: '0.5', usual: 'no limit' },
      { title: 'Formats', value: 'TFLite' },
    ]));
});

it('lists what differs between recipes, with a value for each', () => {
  const recipes = [changed, changed, recipeSchema.parse({ ...changed, seed: 7 })];
  expect(listRecipeDifferences(recipes)).toMatchObject([{ key: 'seed', title: 'Seed', values: ['1', '1', '7'] }]);
  expect(listRecipeDifferences([changed])).toEqual([]);
});

it('shortens a recipe to what is not a default, and it means the same', () => {
  expect(shortenRecipe(recipeSchema.parse({}))).toEqual({});
  const short = shortenRecipe(changed);
  expect(short.train).toEqual({ optimizer: { name: 'adamw' }, baseline: false });
  expect(checkRecipe(short).recipe).toEqual(changed);
});
