import { expect, it } from 'vitest';
import { breakLines } from '../../../renderer/charts/add-title.ts';

it('breaks the words below a copied chart’s title where they would not fit', () => {
  const fits = (line: string): boolean => line.length <= 12;
  expect(breakLines('one two three four', fits)).toEqual(['one two', 'three four']);
  expect(breakLines('incomprehensibly long', fits)).toEqual(['incomprehensibly', 'long']);
  expect(breakLines('', fits)).toEqual(['']);
});
