import { expect, it } from 'vitest';
import { explainClipNorm, resolveClipNorm } from '../../../shared/run/clip-norm.ts';
import { learnFromLabels } from '../../../shared/run/methods.ts';
import { CHOSEN_CLIP_NORM, type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';

const resolve = (input: PartialRecipe) => {
  const { train, distill } = recipeSchema.parse(input);
  return resolveClipNorm(train.optimizer, distill);
};
const explain = (input: PartialRecipe) => explainClipNorm(recipeSchema.parse(input));
const dkd: PartialRecipe = { distill: { dkd: { weight: 1 } } };

it('gradients are clipped by themselves where more teaches than labels, softened answers, features and their review', () => {
  expect(resolve({})).toBeNull();
  expect(resolve({ distill: { logits: { weight: 9 }, features: { weight: 1 } } })).toBeNull();
  expect(resolve(dkd)).toBe(CHOSEN_CLIP_NORM);
  expect(explain({})).toBe('off');
  expect(explain(dkd)).toBe('1 for the student, which learns by “Decoupled answers”');
});

it('neither a teacher, nor a student of labels alone, nor one of AdamW needs it', () => {
  const { train, distill } = recipeSchema.parse(dkd);
  expect(resolveClipNorm(train.optimizer, null)).toBeNull();
  expect(resolveClipNorm(train.optimizer, learnFromLabels(distill))).toBeNull();
  expect(resolve({ ...dkd, train: { optimizer: { name: 'adamw' } } })).toBeNull();
});

it('the recipe’s number counts, and 0 is off', () => {
  expect(resolve({ train: { optimizer: { clipNorm: 3 } } })).toBe(3);
  expect(resolve({ ...dkd, train: { optimizer: { clipNorm: 0 } } })).toBeNull();
  expect(explain({ ...dkd, train: { optimizer: { clipNorm: 3 } } })).toBe('3');
  expect(explain({ ...dkd, train: { optimizer: { clipNorm: 0 } } })).toBe('off');
});
