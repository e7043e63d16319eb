import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

const KNOWN = { name: 'shapes', path: '/there/shapes', fingerprint: 'f', classes: ['a', 'b'], images: 9 };
const HERE = { name: 'shapes', path: '/here/shapes', fingerprint: 'f' };
let folder: string;
let home: store.Store;
let run: RunId;
let from: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'decant-take-in-'));
  const other = store.openStore(join(folder, 'other'));
  run = createRunId(1_700_000_000_000, () => 0.5);
  const dataset = store.saveDataset(other.db, KNOWN, 1);
  store.insertRun(other.db, { id: run, dataset, recipe: recipeSchema.parse({ seed: 7 }), name: 'given' }, 1);
  const file = { name: 'student.bin', content: new Uint8Array([1, 2, 3]) };
  await store.saveArtifact(other, run, file, { nowMs: 2, alsoWrite: () => undefined });
  store.markEnded(other.db, run, { state: 'stopped' }, 3);
  store.writeRunRecord(other, run);
  other.close();
  from = join(folder, 'given');
  cpSync(join(folder, 'other', 'runs', run), from, { recursive: true, filter: (path) => !path.includes('lock') });
  home = store.openStore(join(folder, 'home'));
});
afterEach(() => {
  home.close();
  rmSync(folder, { recursive: true, force: true });
});

const take = (dataset = HERE) => store.takeInRun(home, { run, from, dataset });

it('makes a run from elsewhere one of a home’s, with its images where they are here', async () => {
  await take();
  expect(store.findRun(home.db, run)).toMatchObject({ datasetPath: '/here/shapes', state: 'stopped' });
  expect(store.readRecipe(home.db, run).seed).toBe(7);
  expect([...(await store.readArtifact(home, run, 'student.bin'))!]).toEqual([1, 2, 3]);
  expect(store.findLostRuns(home)).toEqual([]);
});

it('leaves alone what is there, shows again what was hidden, and brings back what was deleted', async () => {
  await take();
  store.annotateRun(home.db, run, { name: 'mine' });
  await take();
  expect(store.findRunRow(home.db, { running: [], paused: [] }, run)!.name).toBe('mine');
  store.hideRun(home.db, run, 5);
  await take();
  expect(store.findRunRow(home.db, { running: [], paused: [] }, run)!.name).toBe('mine');
  await store.deleteRun(home, run);
  await take();
  expect(store.findRunRow(home.db, { running: [], paused: [] }, run)!.name).toBe('given');
});

it('refuses one that learned from other images, and leaves nothing', async () => {
  await expect(take({ ...HERE, fingerprint: 'other' })).rejects.toMatchObject({ code: 'dataset.changed' });
  expect(store.findLostRuns(home)).toEqual([]);
  expect(() => store.findRun(home.db, run)).toThrow(expect.objectContaining({ code: 'run.unknown' }));
});
