import { expect, it } from 'vitest';
import type { Splits } from '../../../../electron/engine/data/index.ts';
import { takeSearchImages } from '../../../../electron/engine/run/context/search-images.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

const data = {
  cache: { labels: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 0) },
  splits: {
    train: Int32Array.of(8),
    validation: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    test: new Int32Array(0),
    unlabelled: new Int32Array(0),
  } satisfies Splits,
};

it('takes every second validation image of each class, and leaves one of each', () => {
  const { splits, searchImages } = takeSearchImages(recipeSchema.parse({ search: { epochs: 1 } }), data);
  expect([...searchImages]).toEqual([1, 3, 5]);
  expect([...splits.validation]).toEqual([0, 2, 4, 6, 7]);
  expect(splits.train).toBe(data.splits.train);
});

it('takes none where nothing is searched', () => {
  const { splits, searchImages } = takeSearchImages(recipeSchema.parse({}), data);
  expect(searchImages).toHaveLength(0);
  expect(splits).toEqual(data.splits);
});
