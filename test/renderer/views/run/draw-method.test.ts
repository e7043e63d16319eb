import { expect, it } from 'vitest';
import { drawMethod } from '../../../../renderer/views/run/draw-method.ts';
import { METHOD_NAMES, METHODS } from '../../../../shared/run/methods.ts';

it('gives each of six methods dashes of its own, wherever they stand in their table', () => {
  const shown = METHOD_NAMES.slice(-6);
  const dashes = shown.map((name) => JSON.stringify(drawMethod(name, shown).dash));
  expect(new Set(dashes).size).toBe(shown.length);
});

it('names a method by its title, and one that is not known by its own name', () => {
  expect(drawMethod('logits', ['logits']).name).toBe(METHODS.logits.title);
  expect(drawMethod('later', ['logits', 'later']).name).toBe('later');
});
