import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { updateReadme } from '../helpers/readme-tables.ts';

it('the README knows every command, recipe key and error (node test/helpers/update-readme.ts puts them in)', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(updateReadme(readme)).toBe(readme);
});
