/** Puts the recipe's keys, the commands and the errors into README.md: `node test/helpers/update-readme.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { updateReadme } from './readme-tables.ts';

const path = new URL('../../README.md', import.meta.url);
writeFileSync(path, updateReadme(readFileSync(path, 'utf8')));
