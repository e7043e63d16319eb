import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkRecipe } from '../../../shared/run/check-recipe.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

const FOLDER = new URL('../../../recipes/', import.meta.url);
const DEFAULTS = leaves(recipeSchema.parse({}));

/** Keys with dots and their values. */
function leaves(value: unknown, prefix = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[prefix, value]]);
  return new Map(
    Object.entries(value).flatMap(([name, child]) => [...leaves(child, prefix === '' ? name : `${prefix}.${name}`)]),
  );
}

describe.each(readdirSync(FOLDER))('recipes/%s', (name) => {
  const input: unknown = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));

  it('is a recipe', () => {
    expect(checkRecipe(input).problems).toBeNull();
  });

  it('states only what differs from the defaults', () => {
    const repeated = [...leaves(input)].filter(([key, value]) => DEFAULTS.get(key) === value);
    expect(repeated).toEqual([]);
  });
});
