import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../../electron/engine/core/ids.ts';
import { listRuns, showRun } from '../../../../electron/engine/run/book/runs.ts';
import { diagnoseStore } from '../../../../electron/engine/run/doctor/diagnose-store.ts';
import { repairStore } from '../../../../electron/engine/run/doctor/repair-store.ts';
import * as store from '../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { FIXTURE_RUNS, unpackFixtureHome } from '../../../helpers/fixture-home.ts';

let home: string;
let run: RunId;
const clock = { now: () => Date.UTC(2026, 10, 29, 22, 45, 7), elapsedMs: () => 0 };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-repair-'));
  const opened = store.openStore(home);
  const known = { name: 'd', path: '/d', fingerprint: 'f', classes: ['a'], images: 1 };
  run = createRunId(5, () => 0.5);
  store.insertRun(
    opened.db,
    { id: run, dataset: store.saveDataset(opened.db, known, 1), recipe: recipeSchema.parse({}) },
    5,
  );
  store.appendLog(opened.db, run, { atMs: 1, level: 'info', text: 'It began.' });
  await store.saveArtifact(opened, run, { name: 'checkpoint-a.bin', content: new Uint8Array([1]) }, { nowMs: 5 });
  opened.db.pragma('wal_checkpoint(TRUNCATE)');
  opened.close();
});
afterEach(() => rm(home, { recursive: true, force: true }));

const path = () => store.storePath(home);
const ids = async () => (await listRuns({ home })).map(({ id }) => id);

it.each<[string, (bytes: Buffer) => Buffer, boolean]>([
  ['without a byte', () => Buffer.alloc(0), false],
  ['cut to half', (bytes) => bytes.subarray(0, bytes.length / 2), false],
  [
    'of another program',
    (bytes) => Buffer.concat([bytes.subarray(0, 68), Buffer.from([0, 0, 0, 7]), bytes.subarray(72)]),
    true,
  ],
])('sets a store %s aside as it is, and makes a new one with every run', async (_name, harm, hasLog) => {
  const harmed = Buffer.from(harm(readFileSync(path())));
  writeFileSync(path(), harmed);
  expect(await diagnoseStore(home)).toMatchObject({
    state: 'unusable',
    problem: expect.stringMatching(/run "decant doctor --repair", which sets it aside/),
  });
  const repair = await repairStore({ home, clock });
  expect(repair).toEqual({
    setAside: join(home, 'decant-set-aside-2026-11-29T22-45-07.sqlite'),
    restored: [{ run, name: expect.any(String), from: 'record', state: 'running' }],
    left: [],
  });
  expect(readFileSync(repair.setAside!)).toEqual(harmed);
  expect(await ids()).toEqual([run]);
  expect(await diagnoseStore(home)).toMatchObject({ state: 'sound', runs: 1, lostRuns: 0 });
  const opened = store.openStore(home);
  expect(store.selectLog(opened.db, run)).toHaveLength(hasLog ? 1 : 0);
  opened.close();
});

it('keeps a sound store, and tells beforehand what it lacks', async () => {
  const db = new Database(path());
  db.pragma('foreign_keys = ON');
  db.prepare('DELETE FROM runs').run();
  db.close();
  expect(await diagnoseStore(home)).toMatchObject({ state: 'sound', runs: 0, lostRuns: 1 });
  expect(await repairStore({ home, clock })).toMatchObject({ setAside: null, restored: [{ run }], left: [] });
  expect(await ids()).toEqual([run]);
  expect(await repairStore({ home, clock })).toEqual({ setAside: null, restored: [], left: [] });
});

it('sets nothing aside that a newer Decant wrote, and makes nothing where there is nothing', async () => {
  const db = new Database(path());
  db.pragma('user_version = 99990');
  db.close();
  const before = readFileSync(path());
  await expect(repairStore({ home, clock })).rejects.toMatchObject({ code: 'store.newer' });
  expect(readFileSync(path())).toEqual(before);
  expect(readdirSync(home).sort()).toEqual(['decant.sqlite', 'runs']);
  await repairStore({ home: join(home, 'none'), clock });
  expect(existsSync(join(home, 'none'))).toBe(false);
});

it('restores runs that version 0.1.0 made, with what it wrote in older forms', async () => {
  const { home: old } = unpackFixtureHome(home);
  await repairStore({ home: old, clock }); // Writes their records.
  const begun = (await listRuns({ home: old })).map(({ id }) => id).filter((id) => id !== FIXTURE_RUNS.queued);
  const show = () => Promise.all(begun.map((id) => showRun({ home: old, run: id })));
  const before = await show();
  for (const name of readdirSync(old)) if (name.startsWith('decant.sqlite')) rmSync(join(old, name));
  const { restored, left } = await repairStore({ home: old, clock });
  expect([restored.map(({ run: id }) => id), left]).toEqual([[...begun].sort(), []]);
  expect(await show()).toEqual(before);
  // And so once more.
  for (const name of readdirSync(old)) if (name.startsWith('decant.sqlite')) rmSync(join(old, name));
  await repairStore({ home: old, clock });
  expect(await show()).toEqual(before);
});

it('restores the others where one run cannot be understood', async () => {
  const opened = store.openStore(home);
  const other = createRunId(6, () => 0.5);
  const { dataset } = store.findRun(opened.db, run);
  store.insertRun(opened.db, { id: other, dataset, recipe: recipeSchema.parse({}) }, 6);
  opened.db.prepare("UPDATE runs SET layers = '[]' WHERE id = ?").run(other);
  store.writeRunRecord(opened, other);
  opened.close();
  const record = JSON.parse(readFileSync(store.recordPath(home, run), 'utf8'));
  record.run.epochs = [{ version: 1, stage: 'nonsense' }];
  record.sha256 = createHash('sha256').update(JSON.stringify(record.run)).digest('hex');
  writeFileSync(store.recordPath(home, run), JSON.stringify(record));
  for (const name of readdirSync(home)) if (name.startsWith('decant.sqlite')) rmSync(join(home, name));
  const { restored, left } = await repairStore({ home, clock });
  expect([restored.map(({ run: id }) => id), left.map(({ run: id }) => id)]).toEqual([[other], [run]]);
});
