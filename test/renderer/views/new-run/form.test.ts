import { describe, expect, it } from 'vitest';
import { nameWeights, sourceOf } from '../../../../renderer/views/new-run/weights-source.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { listRecipeKeys } from '../../../../shared/run/recipe-guide.ts';
import { formatList, parseList, valueAt, withValue } from '../../../../shared/run/settings/recipe-values.ts';
import {
  describeChoice,
  ELSEWHERE,
  groupSettings,
  isIdle,
  SETTING_GROUPS,
} from '../../../../shared/run/settings/setting-titles.ts';

describe('the titles of settings', () => {
  it('name every key of the recipe once, and nothing else', () => {
    const titled = [...ELSEWHERE, ...SETTING_GROUPS.flatMap(({ settings }) => settings.map(([key]) => key))];
    expect([...titled].sort()).toEqual(
      listRecipeKeys()
        .map(({ key }) => key)
        .sort(),
    );
    expect(new Set(titled).size).toBe(titled.length);
  });

  it('show a key that they do not know by its own name', () => {
    expect(groupSettings(['seed', 'future.key']).at(-1)).toEqual({
      title: 'Others',
      settings: [['future.key', 'future.key']],
    });
  });
});

it('factors of a schedule are shown once its shape is not constant', () => {
  const recipe = recipeSchema.parse({ distill: { logits: { schedule: { shape: 'linear' } } } });
  expect(isIdle('distill.crossEntropy.schedule.from', recipe)).toBe(true);
  expect(isIdle('distill.crossEntropy.schedule.shape', recipe)).toBe(false);
  expect(isIdle('distill.logits.schedule.from', recipe)).toBe(false);
  expect(isIdle('distill.logits.weight', recipe)).toBe(false);
});

it('settings of a method are shown once it has a weight', () => {
  const recipe = recipeSchema.parse({});
  expect(isIdle('distill.attention.weight', recipe)).toBe(false);
  expect(isIdle('distill.attention.power', recipe)).toBe(true);
  expect(isIdle('distill.attention.schedule.shape', recipe)).toBe(true);
  expect(isIdle('distill.attention.power', withValue(recipe, 'distill.attention.weight', 1))).toBe(false);
});

it('how strongly classes are balanced is shown once they are', () => {
  const recipe = recipeSchema.parse({});
  for (const key of ['tau', 'beta', 'from', 'teacher']) expect(isIdle(`balance.${key}`, recipe), key).toBe(true);
  const softmax = withValue(recipe, 'balance.labels', 'balanced-softmax');
  expect(isIdle('balance.tau', softmax)).toBe(false);
  expect(isIdle('balance.beta', softmax)).toBe(true);
  expect(isIdle('balance.from', softmax)).toBe(false);
  expect(isIdle('balance.beta', withValue(recipe, 'balance.answers', 'images'))).toBe(false);
});

it('the learning rate says what it will be, until it is set', () => {
  const key = 'train.optimizer.learningRate';
  const recipe = recipeSchema.parse({ teacher: { weights: 'run:1' }, student: { weights: 'a.safetensors' } });
  expect(describeChoice(key, recipe)).toMatch(/^0\.\d+, since the weights are imported$/);
  expect(describeChoice(key, withValue(recipe, key, 0.2))).toBeNull();
  expect(describeChoice('seed', recipe)).toBeNull();
});

describe('keys of a recipe', () => {
  it('are read and changed by their path, in a copy', () => {
    const recipe = recipeSchema.parse({});
    const changed = withValue(recipe, 'train.optimizer.learningRate', 0.05);
    expect(valueAt(changed, 'train.optimizer.learningRate')).toBe(0.05);
    expect(valueAt(recipe, 'train.optimizer.learningRate')).toBeNull();
    expect(changed.data).toBe(recipe.data);
    expect(valueAt(recipe, '__proto__.polluted')).toBeUndefined();
  });

  it('that hold lists survive the way through a text field', () => {
    const lists = { pairs: [['a.b', 'c']], texts: ['x', 'y z'], strides: [1, 2] } as const;
    for (const [kind, value] of Object.entries(lists) as [keyof typeof lists, unknown][])
      expect(parseList(formatList(value), { kind, nullable: false })).toEqual(value);
    expect(parseList(' , ', { kind: 'pairs', nullable: true })).toBeNull();
    expect(parseList('', { kind: 'texts', nullable: false })).toEqual([]);
  });
});

it('weights tell where they come from', () => {
  expect([null, 'catalogue:a', 'run:b', '/c.safetensors'].map(sourceOf)).toEqual([
    'scratch',
    'catalogue',
    'run',
    'file',
  ]);
  expect(nameWeights('run:1abc')).toBe('the weights of run 1abc');
});
