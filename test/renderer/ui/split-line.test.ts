import { expect, it } from 'vitest';
import { splitLine } from '../../../renderer/ui/split-line.ts';

it.each([
  ['a short name', ['a short name', '']],
  ['plain-triangle-upside-down', ['plain-triangle', '-upside-down']],
  ['plain-triangle-with-stripes-sideways', ['plain-triangle-with-stripes', '-sideways']],
  ['plain_triangle_with_stripes_v2', ['plain_triangle_with', '_stripes_v2']],
  ['a name that ends in honorificabilitudinity', ['a name that ends in honorificabi', 'litudinity']],
  ['two\nlines of words that go on', ['two lines of words', ' that go on']],
])('%j keeps its end', (text, parts) => {
  expect(splitLine(text)).toEqual(parts);
  expect(splitLine(text).join('')).toBe(text.replace(/\s+/g, ' '));
});

it('cuts no character in two', () => {
  for (let more = 0; more < 3; more++)
    for (const part of splitLine(`${'🌷'.repeat(20)}${'x'.repeat(more)}`)) expect(part.isWellFormed()).toBe(true);
});
