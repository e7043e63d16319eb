import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlantedRepository, plantRepository } from './planted-repository.ts';

describe('Biome', () => {
  /** File → the rule that it breaks; null: none. */
  const CASES: Record<string, [content: string, rule: string | null]> = {
    'shared/run/fine.ts': ["import { z } from 'zod';\n\nexport const leaf = z.string();\n", null],
    'shared/run/node.ts': ["import 'node:fs';\n", 'noNodejsModules'],
    'shared/run/engine.ts': [
      "import type { X } from '../../electron/engine/index.ts';\n\nexport type Y = X;\n",
      'noRestrictedImports',
    ],
    'renderer/views/node.ts': ["import 'node:path';\n", 'noNodejsModules'],
    'renderer/views/engine.ts': [
      "import type { X } from '../../electron/engine/index.ts';\n\nexport type Y = X;\n",
      'noRestrictedImports',
    ],
    'renderer/views/electron.ts': [
      "import type { IpcRenderer } from 'electron';\n\nexport type Y = IpcRenderer;\n",
      'noRestrictedImports',
    ],
    'renderer/views/View.svelte': [
      '<script lang="ts">\nimport type { IpcRenderer } from \'electron\';\n\nlet ipc: IpcRenderer;\n</script>\n',
      'noRestrictedImports',
    ],
    'electron/cli/any.ts': ['export const x = (y: any): number => y;\n', 'noExplicitAny'],
    'electron/cli/ignore.ts': ["// @ts-ignore\nexport const x: number = 'a';\n", 'noTsIgnore'],
    'electron/cli/import-type.ts': [
      "import { PathLike } from 'node:fs';\n\nexport type X = PathLike;\n",
      'useImportType',
    ],
    'electron/cli/unused.ts': ["import { readFileSync } from 'node:fs';\n\nexport const x = 1;\n", 'noUnusedImports'],
  };
  let repository: PlantedRepository;
  let found: { path: string; rule: string }[];
  beforeAll(async () => {
    repository = await plantRepository(
      Object.fromEntries(Object.entries(CASES).map(([path, [content]]) => [path, content])),
    );
    const { output } = await repository.run(
      'biome',
      'lint',
      '--error-on-warnings',
      '--max-diagnostics=none',
      '--reporter=github',
      'shared',
      'renderer',
      'electron',
    );
    // ::error title=lint/style/useImportType,file=…/electron/cli/import-type.ts,line=1…
    found = [...output.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+),/g)].map(([, rule, path]) => ({
      rule: rule!,
      path: path!.replaceAll('\\', '/'),
    }));
  });
  afterAll(() => repository.remove());

  it.each(Object.entries(CASES).map(([path, [, rule]]) => [path, rule] as const))('%s: %s', (path, rule) => {
    const rules = found.filter((fault) => fault.path.endsWith(`/${path}`)).map((fault) => fault.rule);
    if (rule === null) expect(rules).toEqual([]);
    else expect(rules).toContain(rule);
  });
});

describe('TypeScript', () => {
  /** File → the error that it must give; null: none. */
  const CASES: Record<string, [content: string, code: string | null]> = {
    'shared/run/fine.ts': ['export const leaf: number = 1;\n', null],
    'electron/cli/fine.ts': ["import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n", null],
    'shared/run/node.ts': ["import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n", 'TS2591'],
    'shared/run/dom.ts': ['export const x = document.title;\n', 'TS2584'],
    'electron/cli/dom.ts': ['export const x = document.title;\n', 'TS2584'],
    'electron/cli/enum.ts': ['export enum X {\n  A,\n}\n', 'TS1294'],
    'electron/cli/index-access.ts': ['export const x: number = [1][0];\n', 'TS2322'],
    'electron/cli/optional.ts': ['export const x: { a?: number } = { a: undefined };\n', 'TS2375'],
    'electron/cli/implicit.ts': ['export const f = (x) => x;\n', 'TS7006'],
    'electron/cli/type-import.ts': ["import { PathLike } from 'node:fs';\nexport type X = PathLike;\n", 'TS1484'],
  };
  let repository: PlantedRepository;
  let output: string;
  beforeAll(async () => {
    repository = await plantRepository({
      ...Object.fromEntries(Object.entries(CASES).map(([path, [content]]) => [path, content])),
      'test/nothing.ts': 'export const nothing = null;\n',
      // The planted repository borrows our node_modules; its build must not land there.
      'tsconfig.planted.json': JSON.stringify({
        files: [],
        references: [{ path: './shared/planted.json' }, { path: './electron/planted.json' }],
      }),
      'shared/planted.json': JSON.stringify({
        extends: './tsconfig.json',
        compilerOptions: { outDir: '../built/shared' },
      }),
      'electron/planted.json': JSON.stringify({
        extends: './tsconfig.json',
        compilerOptions: { outDir: '../built/electron' },
        references: [{ path: '../shared/planted.json' }],
      }),
    });
    ({ output } = await repository.run('tsc', '-b', '--pretty', 'false', 'tsconfig.planted.json'));
  });
  afterAll(() => repository.remove());

  it.each(Object.entries(CASES).map(([path, [, code]]) => [path, code] as const))('%s: %s', (path, code) => {
    const codes = output
      .split('\n')
      .filter((line) => line.startsWith(path))
      .map((line) => /error (TS\d+)/.exec(line)?.[1]);
    if (code === null) expect(codes).toEqual([]);
    else expect(codes).toContain(code);
  });
});
