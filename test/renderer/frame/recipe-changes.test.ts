import { describe, expect, it } from 'vitest';
import { listRecipeChanges } from '../../../renderer/frame/recipe-changes.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

describe('listRecipeChanges', () => {
  it('lists no defaults', () => expect(listRecipeChanges(recipeSchema.parse({}))).toEqual([]));

  it('gives each value beside its default', () =>
    expect(
      listRecipeChanges(recipeSchema.parse({ prune: { macs: 0.4 }, train: { optimizer: { name: 'adamw' } } })),
    ).toMatchObject([
      { key: 'train.optimizer.name', value: 'adamw', usual: 'sgd' },
      { key: 'prune.macs', value: '0.4' },
    ]));
});
