import { describe, expect, it } from 'vitest';
import { listRecipeKeys, type RecipeKey } from '../../../../shared/run/recipe-guide.ts';
import {
  describeNull,
  describeOption,
  describeSetting,
  explainSetting,
} from '../../../../shared/run/settings/setting-words.ts';

const keys = listRecipeKeys();
const find = (key: string): RecipeKey => keys.find((entry) => entry.key === key)!; // Of the schema.

describe('every setting', () => {
  it('has a word for having no value', () => {
    for (const { key, shape } of keys) if (shape.nullable) expect(describeNull(key), key).not.toBe('automatic');
  });

  it('has words for all of its options', () => {
    for (const { key, shape } of keys)
      for (const option of shape.options) {
        const words = describeOption(key, option);
        expect(words, `${key} ${option}`).toMatch(/^[\p{Lu}\d]|^(fp|int)/u);
      }
  });

  it('is explained without names that only recipes have', () => {
    for (const entry of keys)
      expect(explainSetting(entry), entry.key).not.toMatch(/`|\bnull\b|\b[a-z]+[.][a-z]+[A-Z]?[a-z]*\b/);
  });
});

describe('in words', () => {
  it.each([
    ['prune.parameters', null, 'no limit'],
    ['train.baseline', false, 'off'],
    ['prune.importance', 'taylor', 'Taylor: effect on the loss'],
    ['distill.dkd.schedule.shape', 'linear', 'Linear'],
    ['export.formats', ['onnx', 'tfjs'], 'ONNX, TF.js'],
    ['prune.protect', [], 'none'],
    ['distill.pairs', [['block04', 'block02']], 'block04 = block02'],
    ['prune.macs', 0.6, '0.6'],
  ])('%s is %j: %s', (key, value, words) => expect(describeSetting(find(key), value)).toBe(words));

  it('the meaning names options, other settings and methods as the form does', () => {
    expect(explainSetting(find('balance.labels'))).toContain(
      '“Balanced softmax”: logits plus “Strength of balanced softmax”',
    );
    expect(explainSetting(find('train.alone'))).toContain('needs “Train the full student too, to compare”');
    expect(explainSetting(find('data.limit'))).toBe('Use at most this many training images (stratified, seeded).');
    expect(explainSetting(find('train.optimizer.learningRate'))).toContain('“chosen by Decant”: 0.2 for a network');
  });
});
