import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRunBook, openStore, openWorkbench } from '../../electron/engine/index.ts';
import { FIXTURE_RUNS, unpackFixtureHome } from '../helpers/fixture-home.ts';
import { hashFiles, makeTemporaryFolder } from './folders.ts';
import { decant } from './real-cli.ts';

// What a newer Decant stored is refused, and stays as it is.
const folder = makeTemporaryFolder('decant-newer-');
const home = join(folder, 'home');
const ids = Object.values(FIXTURE_RUNS);

beforeAll(async () => {
  unpackFixtureHome(folder);
  await decantHere('runs'); // Brings the database up to date, which is not what is looked at here.
  cpSync(home, join(folder, 'pristine'), { recursive: true });
});
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  cpSync(join(folder, 'pristine'), home, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const decantHere = (...args: string[]) => decant([...args, '--home', home]);

/** Runs something on the database. */
function withDatabase<T>(work: (db: Database.Database) => T): T {
  const db = new Database(join(home, 'decant.sqlite'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Makes the JSON of some rows one of version 99. */
function plant(table: string, column: string, where: string): void {
  const changes = withDatabase(
    (db) =>
      db
        .prepare(
          `UPDATE ${table} SET ${column} = iif(json_type(${column}) = 'array',
             json_object('version', 99, 'value', json(${column})), json_set(${column}, '$.version', 99, '$.fromTheFuture', 1))
           WHERE ${column} IS NOT NULL AND ${where}`,
        )
        .run().changes,
  );
  expect(changes).toBeGreaterThan(0);
}

/** All JSON of all runs, and all their files. */
function lookAtEverything(): unknown {
  const rows = withDatabase((db) =>
    [
      'SELECT id, state, recipe, report, finish_place, layers, resumes FROM runs ORDER BY id',
      'SELECT * FROM epochs ORDER BY run, stage, epoch',
      'SELECT * FROM cuts ORDER BY run, cut',
      'SELECT * FROM models ORDER BY run, role',
      'SELECT * FROM exports ORDER BY run, format, precision',
      'SELECT * FROM step_points ORDER BY run, network, step',
      'SELECT * FROM artifacts ORDER BY run, name',
    ].map((query) => db.prepare(query).all()),
  );
  return { rows, files: hashFiles(join(home, 'runs')) };
}

const sentence = (subject: string, form: string) =>
  expect.stringMatching(
    new RegExp(
      `^(decant: )?${subject} was made by a newer version of Decant \\(${form} version 99; this one reads up to \\d+\\); update Decant to open it[.]\\s*$`,
    ),
  );

/** Whatever asks for a run, and what comes of it. */
async function refusals(run: string): Promise<unknown[]> {
  const said: unknown[] = [];
  for (const args of [
    ['runs', 'show', run],
    ['compress', '--resume', run, '--backend', 'simd'],
  ]) {
    const { status, stderr } = await decantHere(...args);
    expect(status).toBe(2);
    said.push(stderr);
  }
  const book = await openRunBook(home);
  expect(() => book.show(run)).toThrow(expect.objectContaining({ code: 'store.newer' }));
  said.push(await book.history(run).catch(({ message }: Error) => message));
  book.close();
  return said;
}

describe.each([
  ['runs', 'recipe', 'recipe', FIXTURE_RUNS.stopped],
  ['runs', 'recipe', 'recipe', FIXTURE_RUNS.finished],
  ['runs', 'report', 'report', FIXTURE_RUNS.finished],
  ['runs', 'finish_place', 'early finish', FIXTURE_RUNS.hurried],
  ['runs', 'layers', 'layer widths', FIXTURE_RUNS.stopped],
  ['epochs', 'metrics', 'epoch', FIXTURE_RUNS.stopped],
  ['cuts', 'facts', 'cut', FIXTURE_RUNS.stopped],
  ['models', 'facts', 'model', FIXTURE_RUNS.finished],
  ['exports', 'facts', 'export', FIXTURE_RUNS.finished],
  ['step_points', 'point', 'curve point', FIXTURE_RUNS.stopped],
])('a run with newer JSON in %s.%s (%s)', (table, column, form, run) => {
  it('is listed, refused in one sentence, and left as it is', async () => {
    plant(table, column, `${table === 'runs' ? 'id' : 'run'} = '${run}'`);
    const before = lookAtEverything();
    const { status, stdout } = await decantHere('runs', '--json');
    expect(status).toBe(0);
    expect(
      JSON.parse(stdout)
        .map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    for (const message of await refusals(run)) expect(message).toEqual(sentence(`Run ${run}`, form));
    expect(lookAtEverything()).toEqual(before);
    // The others are as good as ever.
    const other = run === FIXTURE_RUNS.finished ? FIXTURE_RUNS.stopped : FIXTURE_RUNS.finished;
    expect((await decantHere('runs', 'show', other)).status).toBe(0);
  });
});

it('a newer finished run is not compared, not exported, not evaluated', async () => {
  const run = FIXTURE_RUNS.finished;
  plant('runs', 'recipe', `id = '${run}'`);
  const before = lookAtEverything();
  const store = await openStore(home);
  const workbench = await openWorkbench(store);
  const refused = { code: 'store.newer', message: sentence(`Run ${run}`, 'recipe') };
  try {
    const comparison = await workbench.comparison();
    const page = { run, model: 'student', label: null, guess: null, wrongOnly: false, offset: 0, limit: 10 } as const;
    await expect(comparison.readPredictions(page)).rejects.toMatchObject(refused);
    await expect(comparison.readAttention({ run, image: 0 })).rejects.toMatchObject(refused);
    expect(comparison.listPoints({ dataset: null })).toHaveLength(3);
  } finally {
    await workbench.close();
    store.close();
  }
  const out = join(folder, 'newer.onnx');
  for (const args of [
    ['export', run, '--format', 'onnx', '--out', out],
    ['evaluate', run, join(folder, 'pictures')],
  ]) {
    const { status, stderr } = await decantHere(...args);
    expect([args[0], status, stderr]).toEqual([args[0], 2, refused.message]);
  }
  expect(existsSync(out)).toBe(false);
  expect(lookAtEverything()).toEqual(before);
});

it.each(['checkpoint-a.bin', 'checkpoint-b.bin', 'warm-up.bin'])(
  'a run with a newer %s is not taken up, whichever of its checkpoints is the last',
  async (name) => {
    const run = FIXTURE_RUNS.stopped;
    withDatabase((db) => {
      const path = db.prepare('SELECT path FROM artifacts WHERE run = ? AND name = ?').pluck().get(run, name);
      const file = join(home, 'runs', run, String(path));
      const bytes = readFileSync(file);
      bytes.writeUInt32LE(99, 8);
      createHash('sha256')
        .update(bytes.subarray(0, -32))
        .digest()
        .copy(bytes, bytes.length - 32);
      writeFileSync(file, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      db.prepare('UPDATE artifacts SET sha256 = ? WHERE run = ? AND name = ?').run(sha256, run, name);
    });
    const before = lookAtEverything();
    const { status, stderr } = await decantHere('compress', '--resume', run, '--backend', 'simd');
    expect([status, stderr]).toEqual([2, sentence(`Run ${run}`, 'checkpoint')]);
    expect(lookAtEverything()).toEqual(before);
    expect((await decantHere('runs', 'show', run)).status).toBe(0);
  },
);

it('a newer run can still be deleted', async () => {
  const run = FIXTURE_RUNS.queued;
  plant('runs', 'recipe', `id = '${run}'`);
  expect((await decantHere('runs', 'delete', run)).status).toBe(0);
});

it('a newer dataset is listed, and what newer versions found in it stays', async () => {
  plant('inspections', 'facts', 'true');
  const read = () => withDatabase((db) => db.prepare('SELECT facts FROM inspections').pluck().all());
  const before = read();
  const store = await openStore(home);
  const workbench = await openWorkbench(store);
  try {
    const library = await workbench.library();
    const [dataset] = library.list();
    expect(dataset).toMatchObject({ classes: 3, images: 84 });
    expect((await library.show(dataset!.id)).inspection.images).toBe(84);
    expect(read()).toEqual(before);
    plant('datasets', 'classes', 'true');
    expect(library.list()).toHaveLength(1);
  } finally {
    await workbench.close();
    store.close();
  }
  const { status, stderr } = await decantHere(
    'export',
    FIXTURE_RUNS.finished,
    '--format',
    'onnx',
    '--out',
    join(folder, 'x.onnx'),
  );
  expect([status, stderr]).toEqual([2, sentence('The dataset pictures', 'classes')]);
});

describe('a recipe file', () => {
  const write = (recipe: unknown): string => {
    const path = join(folder, 'recipe.json');
    writeFileSync(path, JSON.stringify(recipe));
    return path;
  };
  const tryIt = (path: string, ...args: string[]) =>
    decant(['compress', join(folder, 'nowhere'), '--recipe', path, '--home', join(folder, 'no-home'), ...args]);

  it('of a newer version is refused, and nothing is begun', async () => {
    const path = write({ version: 99, seed: 1 });
    const { status, stderr } = await tryIt(path);
    expect([status, stderr]).toEqual([2, sentence(path, 'recipe')]);
    expect(existsSync(join(folder, 'no-home'))).toBe(false);
  });

  it('with its version, or without, is one', async () => {
    for (const version of [{}, { version: 1 }]) {
      const { status, stderr } = await tryIt(write({ ...version, seed: 1 }));
      expect([status, stderr]).toEqual([2, expect.stringContaining('nowhere')]);
    }
  });

  it('with a version that is none is refused; "--set" cannot set one', async () => {
    expect((await tryIt(write({ version: 'first' }))).stderr).toMatch(/"version" is "first", expected a whole number/);
    expect((await tryIt(write({}), '--set', 'version=1')).stderr).toMatch(/The recipe has no key "version"/);
  });
});
