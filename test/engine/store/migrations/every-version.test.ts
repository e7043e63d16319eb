import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WritableDb } from '../../../../electron/engine/store/connection.ts';
import * as store from '../../../../electron/engine/store/index.ts';
import { migrate } from '../../../../electron/engine/store/migrate.ts';
import { MIGRATIONS } from '../../../../electron/engine/store/migrations/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { type StoredForm, writeStored } from '../../../../shared/stored/form.ts';
import { FORMS } from '../../../../shared/stored/forms.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-versions-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const RUN = '01kasample0000';
const REPORT = createSampleReport();
const RECIPE = recipeSchema.parse({ seed: 7 });
const text = <T>(form: StoredForm<T>, value: T) => JSON.stringify(writeStored(form, value));

/** A store as that version left it, with a row of everything that it knew. */
function makeStore(version: number): void {
  const db = new Database(store.storePath(home)) as WritableDb; // Opened for writing.
  db.pragma('journal_mode = WAL');
  migrate(
    db,
    MIGRATIONS.filter((migration) => migration.version <= version),
    'store',
  );
  const insert = (since: number, table: string, row: Record<string, unknown>) => {
    if (version < since) return;
    const columns = Object.keys(row);
    db.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map((name) => `@${name}`).join()})`).run(
      row,
    );
  };
  const run = RUN;
  const classes = text(FORMS.classes, REPORT.dataset.classes);
  insert(10, 'datasets', { id: 'd', name: 'flowers', path: '/d', fingerprint: 'f', classes, images: 9, seen_at: 1 });
  insert(10, 'splits', { dataset: 'd', settings: '{}', assignment: Buffer.from([1, 2, 3]) });
  insert(10, 'runs', {
    id: run,
    dataset: 'd',
    state: 'finished',
    recipe: text(FORMS.recipe, RECIPE),
    created_at: 1000,
    updated_at: 2000,
    report: text(FORMS.report, REPORT),
    student_top1: REPORT.student.top1,
    ...(version >= 30 ? { name: 'mine', student_macs: REPORT.student.macs } : {}),
  });
  insert(10, 'stages', { run, stage: 'teacher', started_at: 1100, elapsed_ms: 500, finished: 1 });
  for (const epoch of REPORT.history)
    insert(10, 'epochs', {
      run,
      stage: epoch.stage,
      epoch: epoch.epoch,
      validation_top1: epoch.validationTop1,
      metrics: text(FORMS.epoch, epoch),
    });
  for (const cut of REPORT.cuts) insert(10, 'cuts', { run, cut: cut.cut, facts: text(FORMS.cut, cut) });
  const sha256 = 'a'.repeat(64);
  insert(10, 'artifacts', { run, name: 'a.bin', path: 'a.0.bin', size_bytes: 1, sha256, created_at: 5 });
  const { architecture, parameters, macs, top1 } = REPORT.student;
  const facts = text(FORMS.model, REPORT.student);
  insert(10, 'models', { run, role: 'student', architecture, parameters, macs, top1, facts });
  const file = REPORT.exports[0]!;
  const { format, precision } = file;
  insert(10, 'exports', { run, format, precision, file: file.file, sha256, facts: text(FORMS.export, file) });
  const computed = { backend: 'simd', device: 'CPU', threads: 2, precision: 'f32' };
  insert(20, 'sessions', { run, session: 1, ...computed, begun_at: 3, peak_memory_bytes: 7 });
  insert(20, 'weights_files', { run, role: 'teacher', path: '/w', sha256 });
  insert(30, 'run_tags', { run, tag: 'x' });
  insert(30, 'run_log', { run, line: 1, at: 1, level: 'info', text: 'It began.' });
  db.close();
}

/** All rows of the tables that a store of that version has. */
function dump(path: string): Record<string, unknown[]> {
  const db = new Database(path, { readonly: true });
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const rows = Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]));
  db.close();
  return rows;
}

describe.each(MIGRATIONS.map(({ version }) => version))('a store of version %i', (version) => {
  it('is read by this Decant, and was backed up where it was changed', () => {
    makeStore(version);
    const before = dump(store.storePath(home));
    const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), elapsedMs: () => 0 };
    const opened = store.openStore(home, { clock });
    const { db } = opened;
    const run = store.selectRuns(db)[0]!.id;
    expect(store.findRun(db, run)).toMatchObject({
      id: RUN,
      state: 'finished',
      stage: 'teacher',
      datasetName: 'flowers',
    });
    expect(store.readRecipe(db, run)).toEqual(RECIPE);
    expect(store.readReport(db, run)).toEqual(REPORT);
    expect(store.selectEpochs(db, run)).toHaveLength(REPORT.history.length);
    expect(store.selectCuts(db, run)).toEqual(REPORT.cuts);
    expect(store.selectModels(db, run)).toEqual([{ role: 'student', model: REPORT.student }]);
    expect(store.selectExports(db, run)).toEqual([REPORT.exports[0]]);
    expect(store.selectArtifacts(db, run).map(({ name }) => name)).toEqual(['a.bin']);
    expect(store.selectSessions(db, run)).toHaveLength(version >= 20 ? 1 : 0);
    expect(store.selectLog(db, run)).toHaveLength(version >= 30 ? 1 : 0);
    expect(store.selectTags(db)).toHaveLength(version >= 30 ? 1 : 0);
    expect(store.checkStore(db)).toBeNull();
    opened.close();

    const backups = join(home, 'backups');
    if (version === MIGRATIONS.at(-1)!.version) {
      expect(readdirSync(home)).not.toContain('backups');
      return;
    }
    const name = `decant-2026-01-02T03-04-05-v${version}.sqlite`;
    expect(readdirSync(backups)).toEqual([name]);
    expect(dump(join(backups, name))).toEqual(before);
    // Put in its place, it is what it was.
    const backup = new Database(join(backups, name), { readonly: true });
    expect(backup.pragma('user_version', { simple: true })).toBe(version);
    expect(backup.pragma('integrity_check', { simple: true })).toBe('ok');
    backup.close();
  });
});

it('the last three backups are kept', () => {
  for (let day = 1; day <= 5; day++) {
    for (const name of readdirSync(home)) if (name.startsWith('decant.')) rmSync(join(home, name));
    makeStore(10 * Math.min(day, 4));
    store.openStore(home, { clock: { now: () => Date.UTC(2026, 0, day), elapsedMs: () => 0 } }).close();
  }
  expect(readdirSync(join(home, 'backups'))).toEqual([
    'decant-2026-01-03T00-00-00-v30.sqlite',
    'decant-2026-01-04T00-00-00-v40.sqlite',
    'decant-2026-01-05T00-00-00-v40.sqlite',
  ]);
});

it('a store that cannot be backed up is not changed', () => {
  makeStore(30);
  const db = new Database(store.storePath(home));
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const before = readFileSync(store.storePath(home));
  mkdirSync(join(home, 'backups', `decant-2026-01-02T00-00-00-v30.sqlite`, 'in the way'), { recursive: true });
  const clock = { now: () => Date.UTC(2026, 0, 2), elapsedMs: () => 0 };
  expect(() => store.openStore(home, { clock })).toThrow(expect.objectContaining({ code: 'output.unwritable' }));
  expect(readFileSync(store.storePath(home))).toEqual(before);
});
