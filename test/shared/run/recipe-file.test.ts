import { expect, it } from 'vitest';
import { findRecipeFileProblem } from '../../../shared/run/recipe-file.ts';

it('accepts a JSON object', () => {
  expect(findRecipeFileProblem('a.json', ' {"seed": 1}\n')).toBeNull();
});

it.each(['', ' \n', '[1]', '3', 'PK\u0003\u0004', '\ufffd', '<html>'])('%j is not a recipe', (text) => {
  expect(findRecipeFileProblem('a.json', text)).toMatch(/^a\.json is not a Decant recipe; /);
});

it.each([
  ['{"seed": 1,}', 'a.json:1:11: there must be no comma before }; found ",".'],
  ['// mine\n{}', 'a.json:1:1: comments are not allowed; found "/".'],
])('names the place of a mistake in %j', (text, problem) => {
  expect(findRecipeFileProblem('a.json', text)).toBe(problem);
});
