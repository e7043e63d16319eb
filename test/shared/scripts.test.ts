import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }; // Ours, with scripts.

it.each(['README.md', 'CONTRIBUTING.md', '.ci/run'])('every npm script that %s names is there', (name) => {
  const named = [...read(name).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, script]) => script!);
  expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});

it('every file that a script starts is there', () => {
  const files = Object.values(scripts).flatMap((script) =>
    [...script.matchAll(/\bnode (\S+\.ts)/g)].map(([, file]) => file!),
  );
  expect(files.length).toBeGreaterThan(8);
  expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
});

it('npm test and npm run test:full share the tests between them, and .ci/run runs both', () => {
  const projectOf = (script: string) => /vitest run --project (\w+)$/.exec(scripts[script] ?? '')?.[1];
  expect([projectOf('test'), projectOf('test:full')]).toEqual(['fast', 'slow']);
  expect(scripts.test).toMatch(/^npm run -s check && /);
  expect(read('.ci/run').match(/^run_tests .*$/gm)).toEqual(['run_tests npm test', 'run_tests npm run test:full']);
});
