import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { APPLICATION_ID, migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { runsFolder, storePath } from './paths.ts';

export interface OpenOptions {
  /** How long a statement waits for another process's write to end. */
  busyTimeoutMs?: number;
}

/**
 * Opens the store of a home folder, and makes or migrates it first where needed. Several processes may hold it at
 * once; writes wait for each other. A store that cannot be understood is left exactly as it is.
 *
 * @throws DecantError `store.unreadable`, `store.newer`, `store.busy`, `output.unwritable`, `disk.full`
 */
export function openDatabase(home: string, { busyTimeoutMs = 10_000 }: OpenOptions = {}): WritableDb {
  const path = storePath(home);
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw describeWriteFailure(home, error);
  }
  refuseEmptied(home, path);
  let db: WritableDb | undefined;
  try {
    db = new Database(path, { timeout: busyTimeoutMs }) as WritableDb; // Opened for writing: the brand says so.
    refuseForeign(db, path);
    checkIntegrity(db, path);
    migrate(db, MIGRATIONS, path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL'); // A row that was committed survives a power cut: artifacts are trusted by their rows.
    db.pragma('foreign_keys = ON');
    return db;
  } catch (error) {
    db?.close();
    throw describeStoreFailure(path, error);
  }
}

/** Opens the store for reading; null where the home has none, and then makes nothing. */
export function openExistingDatabase(home: string, options: OpenOptions = {}): ReadableDb | null {
  return existsSync(storePath(home)) ? openDatabase(home, options) : null;
}

/** SQLite takes a file of no bytes for a new store; where runs lie beside it, it is one that was emptied. */
function refuseEmptied(home: string, path: string): void {
  if (!existsSync(path) || statSync(path).size > 0) return;
  if (existsSync(runsFolder(home)) && readdirSync(runsFolder(home)).length > 0)
    throw unreadable(path, 'it is empty, but there are runs beside it');
}

function refuseForeign(db: WritableDb, path: string): void {
  const id = db.pragma('application_id', { simple: true });
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (id !== APPLICATION_ID && tables !== 0) throw unreadable(path, 'it is a database of another program');
}

function checkIntegrity(db: WritableDb, path: string): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw unreadable(path, `SQLite finds it damaged (${String(verdict).split('\n')[0]})`);
}

/** Turns an error of SQLite into one sentence about the store; passes on what is one already. */
export function describeStoreFailure(path: string, error: unknown): Error {
  if (error instanceof DecantError || !(error instanceof Error))
    return error instanceof Error ? error : new Error(String(error));
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new DecantError(
      'store.busy',
      `Another process has locked the store ${path}; wait for it to finish, or choose another home with --home.`,
      { path },
      { cause: error },
    );
  if (code === 'SQLITE_FULL') return describeWriteFailure(path, Object.assign(error, { code: 'ENOSPC' }));
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN'))
    return new DecantError(
      'output.unwritable',
      `Cannot write the store ${path}: it or its folder is read-only; choose another home with --home.`,
      { path, code },
      { cause: error },
    );
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_IOERR'))
    return unreadable(path, error.message, error);
  return error;
}

function unreadable(path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'store.unreadable',
    `The store ${path} cannot be read: ${reason}. Nothing was changed; replace it with a backup, or move it away to start with an empty one.`,
    { path, reason },
    { cause },
  );
}
