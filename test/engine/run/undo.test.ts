import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { showRun } from '../../../electron/engine/run/book/runs.ts';
import { compress } from '../../../electron/engine/run/compress.ts';
import type { CompressOptions } from '../../../electron/engine/run/context/compress-options.ts';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';
import { TINY_RECIPE } from '../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-undo-');
const pictures = join(folder, 'pictures');
const signal = new AbortController().signal;
const quiet = () => undefined;

beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 16, testPerClass: 4, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipe = (more: PartialRecipe = {}) => recipeSchema.parse({ ...TINY_RECIPE, ...more });
const base: Omit<CompressOptions, 'home' | 'out'> = {
  dataset: pictures,
  recipe: recipe(),
  resume: null,
  backend: 'simd',
  threads: 1,
  listener: quiet,
  signal,
};

it.each<[string, Partial<CompressOptions>, string]>([
  ['a dataset that is not there', { dataset: join(folder, 'nowhere') }, 'dataset.missing'],
  ['weights that are not there', { recipe: recipe({ teacher: { weights: '/no/such' } }) }, 'weights.unreadable'],
  ['a budget out of reach', { recipe: recipe({ prune: { macs: 0.001 } }) }, 'budget.unreachable'],
  ['too few images for the splits', { recipe: recipe({ data: { inputSize: 16, limit: 2 } }) }, 'recipe.invalid'],
  ['a run that is not there', { recipe: null, resume: 'nothing' }, 'run.unknown'],
])('%s: neither home nor output folder is made', async (_name, options, code) => {
  const [home, out] = [join(folder, 'never'), join(folder, 'never-out', 'deep')];
  await expect(compress({ ...base, home, out, ...options })).rejects.toMatchObject({ code, status: 2 });
  expect([existsSync(home), existsSync(join(folder, 'never-out'))]).toEqual([false, false]);
});

it('a home that cannot be made leaves no output folder, and what was in one stays', async () => {
  const home = join(folder, 'file');
  writeFileSync(home, 'mine');
  const out = join(folder, 'a', 'b');
  mkdirSync(join(folder, 'a'));
  await expect(compress({ ...base, home, out })).rejects.toMatchObject({ code: 'output.unwritable' });
  expect(readdirSync(join(folder, 'a'))).toEqual([]);
});

it('images that turn out broken leave no run, no dataset, no pixels and no output folder', async () => {
  const broken = join(folder, 'broken');
  for (const name of ['a', 'b']) {
    mkdirSync(join(broken, name), { recursive: true });
    for (let i = 0; i < 9; i++) writeFileSync(join(broken, name, `${i}.jpg`), 'no image');
  }
  const [home, out] = [join(folder, 'home'), join(folder, 'out')];
  const refused = compress({ ...base, dataset: broken, home, out });
  await expect(refused).rejects.toMatchObject({ code: 'dataset.classes', status: 2 });
  expectEmpty(home);
  expect(existsSync(out)).toBe(false);
});

it('a back end that is not there leaves no run', async () => {
  const home = join(folder, 'home-without');
  const refused = compress({ ...base, backend: 'tensorflow', home, out: null });
  await expect(refused).rejects.toMatchObject({ code: 'backend.unavailable' });
  expectEmpty(home);
});

it('a run that cannot be taken up stays as it is', async () => {
  const [home, weights] = [join(folder, 'home-stopped'), join(folder, 'weights.safetensors')];
  // A first run makes weights for the second.
  await compress({ ...base, home, out: join(folder, 'first') });
  writeFileSync(weights, readFileSync(join(folder, 'first', 'teacher', 'weights.safetensors')));
  const stop = new AbortController();
  let run = '';
  const stopped = compress({
    ...base,
    recipe: recipe({
      teacher: { ...TINY_RECIPE.teacher, weights },
      train: { ...TINY_RECIPE.train, teacherEpochs: 0 },
    }),
    home,
    out: null,
    signal: stop.signal,
    listener: (event) => {
      if (event.type === 'run.started') run = event.run;
      if (event.type === 'run.progressed' && event.stage === 'warm-up') stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'run.stopped' });
  const before = await showRun({ home, run });
  const sessions = readSessions(home);
  const again = { ...base, dataset: null, recipe: null, resume: run, home, out: null };

  await expect(compress({ ...again, backend: 'tensorflow' })).rejects.toMatchObject({ code: 'backend.unavailable' });
  expect(await showRun({ home, run })).toEqual(before);
  expect(readSessions(home)).toEqual(sessions);

  const bytes = readFileSync(weights);
  writeFileSync(weights, Buffer.from(bytes).fill(1, bytes.length - 4));
  const says = /weights\.safetensors of teacher\.weights has changed since it began; put it back or start a new run/;
  await expect(compress(again)).rejects.toMatchObject({
    code: 'run.resume',
    message: expect.stringMatching(says),
  });
  rmSync(weights);
  await expect(compress(again)).rejects.toMatchObject({ message: expect.stringMatching(/can no longer be read/) });
  expect(await showRun({ home, run })).toEqual(before);

  writeFileSync(weights, bytes);
  const report = await compress(again);
  expect(report.sessions).toHaveLength(2);
  expect(report.timing.resumes).toBe(1);
}, 60_000);

function readSessions(home: string): unknown[] {
  const db = new Database(join(home, 'decant.sqlite'), { readonly: true });
  const rows = db.prepare('SELECT * FROM sessions').all();
  db.close();
  return rows;
}

function expectEmpty(home: string): void {
  const db = new Database(join(home, 'decant.sqlite'), { readonly: true });
  for (const table of ['runs', 'datasets', 'splits', 'sessions'])
    expect([table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]).toEqual([table, 0]);
  db.close();
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const left = files.map(({ name }) => name).filter((name) => !/^decant\.sqlite|\.(pixels|json)$/.test(name));
  expect(left).toEqual([]);
}
