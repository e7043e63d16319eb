import { expect, it } from 'vitest';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { REPORT_VERSION } from '../../../shared/run/report.ts';
import { readStored, writeStored } from '../../../shared/stored/form.ts';
import { FORMS } from '../../../shared/stored/forms.ts';
import { RECIPE_FORM, upgradeRecipe } from '../../../shared/stored/recipe-form.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

it('has every form once, each with a name of its own', () => {
  const names = Object.values(FORMS).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it('counts the versions of a report as its schema does', () => {
  expect(FORMS.report.version).toBe(REPORT_VERSION);
});

it('reads a recipe and a report as it wrote them', () => {
  const recipe = recipeSchema.parse({ seed: 7 });
  expect(writeStored(RECIPE_FORM, recipe)).toMatchObject({ version: RECIPE_FORM.version, seed: 7 });
  expect(readStored(RECIPE_FORM, JSON.parse(JSON.stringify(writeStored(RECIPE_FORM, recipe))))).toEqual({
    ok: true,
    value: recipe,
  });
  const report = createSampleReport();
  expect(readStored(FORMS.report, JSON.parse(JSON.stringify(writeStored(FORMS.report, report))))).toEqual({
    ok: true,
    value: report,
  });
});

it('brings a recipe file up to date, or says why not', () => {
  expect(upgradeRecipe({ version: RECIPE_FORM.version, seed: 7 }, 'a.json')).toEqual({
    recipe: { seed: 7 },
    problem: null,
  });
  expect(upgradeRecipe([1], 'a.json').problem).toMatch(/^a.json: a recipe is a JSON object/);
  expect(upgradeRecipe({ version: 0 }, 'a.json').problem).toMatch(
    /^a.json: "version" is 0, expected a whole number from 1[.]$/,
  );
  expect(upgradeRecipe({ version: 99 }, 'a.json').problem).toMatch(
    /^a.json was made by a newer version of Decant \(recipe version 99; this one reads up to \d+\); update Decant to open it[.]$/,
  );
});
