import { type ExecFileOptions, execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../architecture/planted-repository.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';

/** What CONTRIBUTING teaches, by the patch beside this file that does it. */
interface Example {
  /** Of the recipe in CONTRIBUTING. */
  readonly heading: string;
  /** How many files of the product it may touch; null: as many as the recipe names. */
  readonly most: number | null;
  /** What the documents that are drawn from the sources say of it afterwards. */
  readonly documented: readonly string[];
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  'add-method': {
    heading: 'Add a method of distillation',
    most: 2,
    documented: ['| `mapEnergy` | Teacher’s energy |', '| `distill.mapEnergy.floor` |'],
  },
  'add-importance': { heading: 'Add an importance score', most: null, documented: ['"l-half"'] },
  'add-architecture': { heading: 'Add an architecture', most: 2, documented: ['"plain-stack"'] },
  'add-stage': { heading: 'Add a stage', most: 4, documented: ['| `rehearse` |', '| `train.rehearseEpochs` |'] },
  'add-exporter': { heading: 'Add an exporter', most: null, documented: ['"plain"'] },
  'add-command': { heading: 'Add a command', most: null, documented: ['decant size'] },
  'add-request': { heading: 'Add a request of the window', most: null, documented: [] },
  'add-view': { heading: 'Add a view', most: null, documented: [] },
};
const NAMES = Object.keys(EXAMPLES);
const LIMIT_MS = 900_000;

/** Tests of the tables that grow: they must hold without being touched. */
const NEIGHBOURS = [
  'test/shared/',
  'test/engine/distill/methods.test.ts',
  'test/engine/distill/references.test.ts',
  'test/engine/model/build-network.test.ts',
  'test/engine/prune/importance.test.ts',
  'test/cli/run-cli.test.ts',
  'test/renderer/window.test.ts',
];

const contributing = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const patches = new Map(NAMES.map((name) => [name, readPatch(name)]));

interface Patch {
  readonly path: string;
  readonly text: string;
  readonly files: readonly { readonly path: string; readonly isNew: boolean }[];
}

function readPatch(name: string): Patch {
  const path = join(ROOT, 'test/contributing', `${name}.patch`);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(/^diff --git /m).slice(1);
  const files = parts.map((part) => ({ path: /^\+\+\+ b\/(.*)$/m.exec(part)![1]!, isNew: /^new file/m.test(part) }));
  return { path, text, files };
}

/** A recipe's text, without those after it. */
function findRecipe(heading: string): string {
  const section = contributing.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`CONTRIBUTING has no recipe "${heading}".`);
  return section;
}

/** What a recipe names: `commands/index.ts` is any file whose path ends so, `prune/importance/` all that lies in such a folder. */
function listNamed(recipe: string): RegExp[] {
  return [...recipe.matchAll(/`([\w./<>-]*[/.][\w./<>-]*)`/g)].map(([, mention]) => {
    const pattern = mention!.replace(/[.]/g, '\\.').replace(/<\w+>/g, '[^/]+');
    return new RegExp(`(^|/)${pattern}${mention!.endsWith('/') ? '' : '$'}`);
  });
}

/** Runs a program in the copy; gives what it said, and how it ended. */
function run(file: string, args: readonly string[]): Promise<{ status: number; said: string }> {
  // The copy's tests are a run of their own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$)/.test(name)));
  const options: ExecFileOptions = { cwd: copy, env, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ status: error ? 1 : 0, said: `${stdout}${stderr}` });
    });
  });
}

const folder = makeTemporaryFolder('decant-recipes-');
const copy = join(folder, 'decant');

beforeAll(() => {
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  for (const path of new Set(list.split('\0').filter((text) => text !== ''))) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(ROOT, path), join(copy, path), { force: true });
  }
  // Packages are shared; what tools keep beside them is not.
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!/^\.(cache|vite)/.test(name))
      symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name), 'junction');
}, LIMIT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(NAMES)('%s', (name) => {
  const { heading, most } = EXAMPLES[name]!;
  const { files } = patches.get(name)!;

  it('touches no file that its recipe does not name, and brings a test', () => {
    const named = listNamed(findRecipe(heading));
    const tests = files.filter(({ path, isNew }) => isNew && /^test\/.*\.test\.ts$/.test(path));
    expect(tests).not.toEqual([]);
    const others = files.filter((file) => !tests.includes(file)).map(({ path }) => path);
    expect(others.filter((path) => !named.some((pattern) => pattern.test(path)))).toEqual([]);
    const product = others.filter((path) => !path.startsWith('test/'));
    if (most !== null) expect(product.length).toBeLessThanOrEqual(most);
  });
});

it('a method is one entry of the table', () => {
  const part = patches
    .get('add-method')!
    .text.split(/^diff --git /m)
    .find((text) => text.startsWith('a/shared/run/methods.ts'))!;
  expect(part.match(/^@@ /gm)).toHaveLength(1);
  expect(part.match(/^-(?!-- )/gm)).toBeNull();
});

describe('all of them together', () => {
  beforeAll(async () => {
    for (const [name, { path }] of patches)
      expect(await run('git', ['apply', path]), name).toEqual({ status: 0, said: '' });
    expect(await run('npm', ['run', '-s', 'docs'])).toMatchObject({ status: 0 });
  });

  it('stand in the documents once these are drawn again', () => {
    const guides = readdirSync(join(copy, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name));
    const documents = ['README.md', ...guides].map((path) => readFileSync(join(copy, path), 'utf8')).join('\n');
    for (const text of Object.values(EXAMPLES).flatMap(({ documented }) => documented))
      expect(documents.includes(text), text).toBe(true);
  });

  it('pass the static checks', { timeout: LIMIT_MS }, async () => {
    const { status, said } = await run(process.execPath, ['build/check.ts']);
    expect(status, said).toBe(0);
  });

  it('work, and what is there already works beside them', { timeout: LIMIT_MS }, async () => {
    const own = [...patches.values()].flatMap(({ files }) =>
      files.map(({ path }) => path).filter((path) => path.endsWith('.test.ts')),
    );
    const output = join(folder, 'tests.json');
    const args = ['run', '--reporter=json', `--outputFile=${output}`, ...own, ...NEIGHBOURS];
    const { said } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', ...args]);
    expect(existsSync(output), said).toBe(true);
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as {
      testResults: {
        name: string;
        status: string;
        message: string;
        assertionResults: { failureMessages: string[] }[];
      }[];
    }; // As vitest documents it.
    const failed = testResults.filter(({ status }) => status !== 'passed');
    const reasons = failed.map(({ name, message, assertionResults }) =>
      [name, message, ...assertionResults.flatMap(({ failureMessages }) => failureMessages)].join('\n'),
    );
    expect(reasons, said).toEqual([]);
    const ran = testResults.map(({ name }) => relative(copy, name).replaceAll('\\', '/'));
    expect(ran).toEqual(expect.arrayContaining(own));
  });
});
