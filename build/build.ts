/** `node build/build.ts`: makes dist/; with the names of parts, only these. */
import { buildApp } from './build-app.ts';
import { PARTS } from './parts.ts';

const names = process.argv.slice(2);
const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}"; there are ${PARTS.map(({ name }) => `"${name}"`).join(', ')}.`);
  process.exit(2);
}
const built = await buildApp(names.length > 0 ? PARTS.filter(({ name }) => names.includes(name)) : PARTS);
console.log(built.length > 0 ? `Built: ${built.join('; ')}.` : 'Up to date.');
