import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { WritableDb } from '../../../electron/engine/store/connection.ts';
import { APPLICATION_ID, migrate } from '../../../electron/engine/store/migrate.ts';
import { MIGRATIONS, type Migration } from '../../../electron/engine/store/migrations/index.ts';

const open = (): WritableDb => new Database(':memory:') as WritableDb; // In memory, and so writable.
const version = (db: WritableDb): unknown => db.pragma('user_version', { simple: true });
const tables = (db: WritableDb): unknown => db.prepare('SELECT name FROM sqlite_schema ORDER BY name').pluck().all();
const make = (number: number, sql: string): Migration => ({ version: number, migrate: (db) => void db.exec(sql) });

it('runs the steps that are missing, in order, once', () => {
  const db = open();
  const steps = [
    make(10, 'CREATE TABLE a (x)'),
    make(20, 'ALTER TABLE a ADD COLUMN y'),
    make(25, 'CREATE TABLE b (x)'),
  ];
  migrate(db, steps.slice(0, 1), 'store');
  expect(version(db)).toBe(10);
  migrate(db, steps, 'store');
  migrate(db, steps, 'store');
  expect(version(db)).toBe(25);
  expect(tables(db)).toEqual(['a', 'b']);
  expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
});

it('leaves the store at its old version when a step fails', () => {
  const db = open();
  const good = make(10, 'CREATE TABLE a (x)');
  migrate(db, [good], 'store');
  expect(() => migrate(db, [good, make(20, 'CREATE TABLE b (x)'), make(30, 'nonsense')], 'store')).toThrow(/syntax/);
  expect(version(db)).toBe(10);
  expect(tables(db)).toEqual(['a']);
});

it('refuses a store from the future', () => {
  const db = open();
  db.pragma('user_version = 40');
  expect(() => migrate(db, [make(10, '')], 'store')).toThrow(expect.objectContaining({ code: 'store.newer' }));
});

it('refuses steps out of order', () => {
  expect(() => migrate(open(), [make(20, ''), make(10, '')], 'store')).toThrow(/does not come after/);
});

it('has a file and a growing number for every step that ships', async () => {
  const { readdir } = await import('node:fs/promises');
  const folder = new URL('../../../electron/engine/store/migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name !== 'index.ts').sort();
  expect(files.map((name) => Number.parseInt(name, 10))).toEqual(MIGRATIONS.map((step) => step.version));
});
