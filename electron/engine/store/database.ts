import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { describeFileFailure, describeWriteFailure } from '../core/atomic-file.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DecantError, type ErrorCode } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import { backUp } from './backups.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { APPLICATION_ID, migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { runsFolder, storePath } from './paths.ts';

export interface OpenOptions {
  /** How long a statement waits for another process's write to end. */
  busyTimeoutMs?: number;
  /** What backups are dated by. */
  clock?: Clock;
}

/**
 * Opens the store of a home folder, and makes or migrates it first where needed. Several processes may hold it at
 * once; writes wait for each other. A store that cannot be understood is left exactly as it is, and one that will be migrated
 * is backed up first.
 *
 * @throws DecantError `store.unreadable`, `store.newer`, `store.busy`, `output.unwritable`, `disk.full`, `disk.failed`
 */
export function openDatabase(
  home: string,
  { busyTimeoutMs = 10_000, clock = systemClock }: OpenOptions = {},
): WritableDb {
  const path = storePath(home);
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw describeWriteFailure(home, error);
  }
  return retryWhile('store.busy', busyTimeoutMs, () => {
    retryWhile('store.unreadable', CREATION_MS, () => refuseEmptied(home, path));
    return openFile(path, {
      busyTimeoutMs,
      beforeChange: (db, version) => backUp(db, home, { version, nowMs: clock.now() }),
    });
  });
}

/** For so long a store may have no bytes, while the process that makes it has not written any yet. */
const CREATION_MS = 1000;

/**
 * Opens one file as a store, and makes or migrates it first where needed.
 *
 * @param options `calledAs`: what it is called in messages, by default its own path; `beforeChange`: is called before it is migrated
 * @throws DecantError as `openDatabase`
 */
export function openFile(
  file: string,
  {
    busyTimeoutMs = 10_000,
    calledAs: path = file,
    beforeChange = () => undefined,
  }: { busyTimeoutMs?: number; calledAs?: string; beforeChange?: (db: WritableDb, version: number) => void } = {},
): WritableDb {
  let db: WritableDb | undefined;
  try {
    db = new Database(file, { timeout: busyTimeoutMs }) as WritableDb; // Opened for writing: the brand says so.
    refuseForeign(db, path);
    checkIntegrity(db, path);
    const opened = db;
    migrate(db, MIGRATIONS, path, { beforeChange: (version) => beforeChange(opened, version) });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL'); // A row that was committed survives a power cut: artifacts are trusted by their rows.
    db.pragma('foreign_keys = ON');
    return db;
  } catch (error) {
    db?.close();
    throw describeStoreFailure(path, error);
  }
}

/**
 * Does something that another process may be in the way of, again and again for as long: SQLite itself does not wait where
 * several processes switch a new store to its write-ahead log, or recover it, at the same time.
 */
function retryWhile<T>(code: ErrorCode, limitMs: number, work: () => T): T {
  const endAt = performance.now() + limitMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(50, 2 * pauseMs)) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DecantError && error.code === code) || performance.now() >= endAt) throw error;
    }
    // Processes that started together are set apart by their ids.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs + (process.pid % 7));
  }
}

/** Has SQLite check all of an open store; what it finds wrong first, or null. */
export function checkStore(db: ReadableDb): string | null {
  const verdict = String(db.pragma('integrity_check(1)', { simple: true })).split('\n')[0]!;
  if (verdict !== 'ok') return verdict;
  const strays = db.pragma('foreign_key_check') as unknown[]; // A row for each.
  return strays.length === 0 ? null : `${strays.length} orphaned rows`;
}

/** Whether a home has a store, whatever state it is in. */
export function hasStore(home: string): boolean {
  return existsSync(storePath(home));
}

/** SQLite takes a file of no bytes for a new store; where runs lie beside it, it is one that was emptied. */
function refuseEmptied(home: string, path: string): void {
  if (!existsSync(path) || statSync(path).size > 0) return;
  if (existsSync(runsFolder(home)) && readdirSync(runsFolder(home)).length > 0)
    throw unreadable(path, 'it is empty, but there are runs beside it');
}

function refuseForeign(db: WritableDb, path: string): void {
  // Both of one moment: another process may be making the store.
  const [id, tables] = db.transaction(() => [
    db.pragma('application_id', { simple: true }),
    db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get(),
  ])();
  if (id !== APPLICATION_ID && tables !== 0) throw unreadable(path, 'it is a database of another program');
}

function checkIntegrity(db: WritableDb, path: string): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw unreadable(path, `SQLite finds it damaged (${String(verdict).split('\n')[0]})`);
}

/** What SQLite says of a file that is not what it wrote. */
const DAMAGE = [
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
  'SQLITE_IOERR_DATA',
];

/** Turns an error of SQLite into one sentence about the store; and one of the file system about its file; passes on what is one already. */
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
      `Cannot open the store ${path} for writing: it or its folder is read-only, no space is left, or the disk fails; make room, or choose another home with --home.`,
      { path, code },
      { cause: error },
    );
  if (DAMAGE.some((damage) => code.startsWith(damage))) return unreadable(path, error.message, error);
  // Any other is of the moment: a write that failed was rolled back, and what was stored is still there.
  if (code.startsWith('SQLITE_IOERR'))
    return new DecantError(
      'disk.failed',
      `The disk reported an error when the store ${path} was used; what was stored is still there: check the disk, then try again.`,
      { path, code },
      { cause: error },
    );
  return describeFileFailure(error);
}

function unreadable(path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'store.unreadable',
    `The store ${path} cannot be read: ${reason}. Nothing was changed; run "decant doctor --repair", which sets it aside and makes a new one from the runs' folders.`,
    { path, reason },
    { cause },
  );
}
