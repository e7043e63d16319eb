import { expect, it } from 'vitest';
import { findNeeds } from '../../../electron/engine/distill/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

const weights = (changes: object) => ({
  ...recipeSchema.parse({}).distill,
  ...{ crossEntropy: 0, logits: 0, features: 0, attention: 0 },
  ...changes,
});

it.each([
  [{ crossEntropy: 1 }, { teacher: false, levels: false, adapters: false }],
  [
    { crossEntropy: 1, logits: 0.5 },
    { teacher: true, levels: false, adapters: false },
  ],
  [{ attention: 1 }, { teacher: true, levels: true, adapters: false }],
  [
    { logits: 1, features: 1 },
    { teacher: true, levels: true, adapters: true },
  ],
])('%j', (changes, needs) => {
  expect(findNeeds(weights(changes))).toEqual(needs);
});
