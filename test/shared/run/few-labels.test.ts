import { expect, it } from 'vitest';
import { adviseFewLabels, countLabels } from '../../../shared/run/few-labels.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { INSPECTION } from '../../cli/fake-engine.ts';

it('proposes to learn without labels where that is worth something', () => {
  expect(adviseFewLabels({ classes: 10, labelled: 400, unlabelled: 4000 })).toMatch(
    /^The networks can learn from 4\D?000 images without labels, too: choose the preset “Few labels”/,
  );
  expect(adviseFewLabels({ classes: 10, labelled: 495, unlabelled: 0 })).toMatch(
    /^The training images are few, 49 per/,
  );
  expect(adviseFewLabels({ classes: 10, labelled: 500, unlabelled: 0 })).toBeNull();
  // A handful beside thousands changes nothing.
  expect(adviseFewLabels({ classes: 10, labelled: 5000, unlabelled: 499 })).toBeNull();
  expect(adviseFewLabels({ classes: 10, labelled: 5000, unlabelled: 500 })).not.toBeNull();
  // Nothing can be classified.
  expect(adviseFewLabels({ classes: 0, labelled: 0, unlabelled: 4000 })).toBeNull();
});

it('says nothing where a recipe does it', () => {
  const few = { classes: 10, labelled: 100, unlabelled: 4000 };
  expect(adviseFewLabels(few, recipeSchema.parse({}))).not.toBeNull();
  for (const recipe of [
    { pretrain: { teacherEpochs: 1 } },
    { pretrain: { studentEpochs: 1 } },
    { distill: { unlabelled: { weight: 1 } } },
  ])
    expect(adviseFewLabels(few, recipeSchema.parse(recipe))).toBeNull();
});

it('counts what trains', () => {
  expect(countLabels(INSPECTION)).toEqual({ classes: 2, labelled: 23, unlabelled: 0 });
  expect(countLabels({ ...INSPECTION, hasSplits: false, splits: { unsplit: 30 } }).labelled).toBe(30);
});
