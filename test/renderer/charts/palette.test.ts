import { expect, it } from 'vitest';
import { blend, pickReadable } from '../../../renderer/charts/palette.ts';

it('blends colours as a screen does', () => {
  expect(blend('rgb(255, 255, 255)', 'rgb(0, 121, 92)', 0)).toBe('rgb(255, 255, 255)');
  expect(blend('rgb(255, 255, 255)', 'rgb(0, 121, 92)', 1)).toBe('rgb(0, 121, 92)');
  expect(blend('rgb(0, 0, 0)', 'rgb(200, 100, 50)', 0.5)).toBe('rgb(100, 50, 25)');
});

it('takes the text that can be read on a background', () => {
  const [dark, light] = ['rgb(21, 24, 29)', 'rgb(255, 255, 255)'];
  expect(pickReadable('rgb(230, 240, 235)', [dark, light])).toBe(dark);
  expect(pickReadable('rgb(0, 121, 92)', [dark, light])).toBe(light);
  // 3.98 : 1 against 4.47 : 1 by WCAG's formula.
  expect(pickReadable('rgb(26, 134, 108)', [dark, light])).toBe(light);
  expect(pickReadable('rgb(51, 148, 125)', [dark, light])).toBe(dark);
});
