import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { WritableDb } from '../../../../electron/engine/store/connection.ts';
import { migrate } from '../../../../electron/engine/store/migrate.ts';
import { MIGRATIONS } from '../../../../electron/engine/store/migrations/index.ts';

const TABLES = ['epochs', 'models', 'weights_files'] as const;

/** A store of version 40 with a run in it, and what lies in the tables that are made anew. */
function openOldStore() {
  const db = new Database(':memory:') as WritableDb; // In memory, and so writable.
  db.pragma('foreign_keys = ON');
  migrate(
    db,
    MIGRATIONS.filter(({ version }) => version < 50),
    'store',
  );
  db.exec(`
    INSERT INTO datasets (id, name, path, fingerprint, classes, images, seen_at) VALUES ('d', 'd', '/d', 'f', '[]', 9, 1);
    INSERT INTO runs (id, dataset, state, recipe, created_at, updated_at) VALUES ('r', 'd', 'running', '{}', 1, 1);
    INSERT INTO epochs VALUES ('r', 'teacher', 0, 0.5, '{"epoch":0}'), ('r', 'prune', 4, 0.25, '{"epoch":4}');
    INSERT INTO models VALUES ('r', 'teacher', 'x', 3, 4, NULL, '{}'), ('r', 'student', 'y', 1, 2, 0.75, '{"a":1}');
    INSERT INTO weights_files VALUES ('r', 'teacher', '/w', '${'0'.repeat(64)}');
  `);
  return db;
}

const readAll = (db: WritableDb) => TABLES.map((table) => db.prepare(`SELECT * FROM ${table}`).all());
const add = (db: WritableDb, table: (typeof TABLES)[number], values: string) =>
  db.exec(`INSERT INTO ${table} VALUES (${values})`);

it('keeps what lies in the tables that it makes anew, and all else about them', () => {
  const db = openOldStore();
  const before = readAll(db);
  migrate(
    db,
    MIGRATIONS.filter(({ version }) => version <= 50),
    'store',
  );
  expect(readAll(db)).toEqual(before);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  const listed = db
    .prepare<[], { name: string; strict: number; wr: number }>(
      "SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main'",
    )
    .all();
  for (const table of TABLES) expect(listed).toContainEqual({ name: table, strict: 1, wr: 1 });
  expect(listed.filter(({ name }) => name.endsWith('_anew'))).toEqual([]);
  expect(() => add(db, 'epochs', "'nobody', 'teacher', 0, 0.5, '{}'")).toThrow(/FOREIGN KEY/);
  expect(() => add(db, 'epochs', "'r', 'teacher', -1, 0.5, '{}'")).toThrow(/CHECK/);
  expect(() => add(db, 'models', "'r', 'student', 'y', 1, 2, 0.75, '{}'")).toThrow(/UNIQUE/);
  expect(() => add(db, 'weights_files', "'r', 'student', '/w', 'short'")).toThrow(/CHECK/);
  db.exec("DELETE FROM runs WHERE id = 'r'");
  expect(readAll(db)).toEqual([[], [], []]);
});

it('takes roles that only newer code knows, and epochs that nothing judged', () => {
  const db = openOldStore();
  expect(() => add(db, 'models', "'r', 'alone', 'y', 1, 2, NULL, '{}'")).toThrow(/CHECK/);
  migrate(
    db,
    MIGRATIONS.filter(({ version }) => version <= 50),
    'store',
  );
  add(db, 'models', "'r', 'alone', 'y', 1, 2, NULL, '{}'");
  add(db, 'weights_files', `'r', 'alone', '/w', '${'1'.repeat(64)}'`);
  add(db, 'epochs', "'r', 'pretrain', 0, NULL, '{}'");
  expect(readAll(db).map(({ length }) => length)).toEqual([3, 3, 2]);
});
