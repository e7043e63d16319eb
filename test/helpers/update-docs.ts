/** Puts methods, stages, recipe keys, commands and errors into the documents: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOC_TABLES, updateDoc } from './doc-tables.ts';

for (const name of Object.keys(DOC_TABLES)) {
  const path = new URL(`../../${name}`, import.meta.url);
  writeFileSync(path, updateDoc(name, readFileSync(path, 'utf8')));
}
