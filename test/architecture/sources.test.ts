import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './planted-repository.ts';

/** Ours in TypeScript: AssemblyScript's are another language. */
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.svelte'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('test/architecture/') && !path.includes('/assembly/'));

function findLines(pattern: RegExp): string[] {
  return files.flatMap((path) => {
    let text: string;
    try {
      text = readFileSync(join(ROOT, path), 'utf8');
    } catch {
      return []; // Deleted, and not committed yet.
    }
    return text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []));
  });
}

it('no source silences the type checker', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(
    findLines(/@ts-(ignore|nocheck|expect-error)|\bas any\b|as unknown as|:\s*any\b(?=\s*([;,)=\]>{|&[]|$))|<any>/),
  ).toEqual([]);
});

it('whoever silences the linter says why', () => {
  expect(findLines(/biome-ignore(?! [\w/]+: \S.{9,})/)).toEqual([]);
});

it('no test is left out for good, or alone', () => {
  expect(findLines(/\b(it|test|describe)\.(only|todo)\b|\bx(it|describe)\(/)).toEqual([]);
});

it('file names are kebab-case', () => {
  const odd = files.filter(
    (path) => !/^[a-z0-9-]+(\.(config|svelte|slow|test|d))*\.ts$|^[A-Z]\w+\.svelte$/.test(path.split('/').at(-1)!),
  );
  expect(odd).toEqual([]);
});

it('randomness and time are handed in, never taken', () => {
  const engine = /^(electron\/engine|shared)\//;
  const found = findLines(/\bMath\.random\(|\bDate\.now\(|\bnew Date\(\)/).filter(
    (line) => engine.test(line) && !line.startsWith('electron/engine/core/clock.ts'),
  );
  expect(found).toEqual([]);
});
