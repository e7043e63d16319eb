import { describe, expect, it } from 'vitest';
import {
  findNeeds,
  keepLogitMethods,
  learnFromLabels,
  learnsFromTeacher,
  listActiveMethods,
  METHOD_NAMES,
  METHODS,
} from '../../../shared/run/methods.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { listRecipeKeys } from '../../../shared/run/recipe-guide.ts';

/** Settings in which only these methods count. */
const settings = (weights: Record<string, number>) =>
  recipeSchema.parse({
    distill: Object.fromEntries(METHOD_NAMES.map((name) => [name, { weight: weights[name] ?? 0 }])),
  }).distill;

describe('methods', () => {
  it.each([
    [{ crossEntropy: 1 }, false, []],
    [{ crossEntropy: 1, logits: 0.5 }, true, ['teacherLogits']],
    [{ attention: 1 }, true, ['maps']],
    [{ logits: 1, features: 1 }, true, ['teacherLogits', 'maps', 'adapters']],
  ])('%j look at what they need', (weights, teacher, needs) => {
    expect(learnsFromTeacher(settings(weights))).toBe(teacher);
    expect([...findNeeds(settings(weights))]).toEqual(needs);
  });

  it('are those of logits where there are no feature maps, always at their full weight', () => {
    const { distill } = recipeSchema.parse({
      distill: {
        logits: { weight: 2, schedule: { shape: 'linear' } },
        features: { weight: 3 },
        attention: { weight: 1 },
      },
    });
    const kept = keepLogitMethods(distill);
    expect(listActiveMethods(kept)).toEqual(['crossEntropy', 'logits']);
    expect(kept.logits).toMatchObject({ weight: 2, schedule: { shape: 'constant' } });
  });

  it('without a teacher: the labels alone', () => {
    const alone = learnFromLabels(settings({ logits: 1 }));
    expect(listActiveMethods(alone)).toEqual(['crossEntropy']);
    expect(alone.crossEntropy.weight).toBe(1);
  });

  it('have a title, a meaning, and titled settings each', () => {
    const keys = listRecipeKeys();
    for (const name of METHOD_NAMES) {
      expect(METHODS[name].title).toMatch(/^[A-Z]/);
      const own = keys.filter(({ key }) => key.startsWith(`distill.${name}.`));
      expect(own[0]).toMatchObject({ key: `distill.${name}.weight`, meaning: METHODS[name].meaning });
      for (const { key, title, meaning } of own) {
        expect(title, key).toMatch(/^[a-z]/);
        expect(meaning, key).toMatch(/\.$/);
      }
    }
  });

  it('include one at least that trains the classifier by default', () => {
    const active = listActiveMethods(recipeSchema.parse({}).distill);
    expect(active.some((name) => METHODS[name].trainsClassifier)).toBe(true);
  });
});
