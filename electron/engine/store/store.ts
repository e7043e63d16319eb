import { DecantError } from '../core/errors.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { hasStore, type OpenOptions, openDatabase } from './database.ts';
import { openCopy } from './open-copy.ts';

/** The store of one home: its database and the folder of its files. */
export interface Store {
  readonly home: string;
  readonly db: WritableDb;
  close(): void;
}

export interface ReadableStore {
  readonly home: string;
  readonly db: ReadableDb;
  close(): void;
}

/**
 * Opens a home's store, creating or migrating it if needed. Close it when done.
 *
 * @throws DecantError `store.unreadable`, `store.newer`, `store.busy`, `output.unwritable`, `disk.full`
 */
export function openStore(home: string, options: OpenOptions = {}): Store {
  const db = openDatabase(home, options);
  return { home, db, close: () => db.close() };
}

/**
 * Opens a home's store for reading, a copy of it where the home cannot be written; null if there is none, and creates nothing.
 * Throws as `openStore` does.
 */
export function openStoreForReading(home: string, options: OpenOptions = {}): ReadableStore | null {
  if (!hasStore(home)) return null;
  try {
    return openStore(home, options);
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'output.unwritable')) throw error;
    return { home, ...openCopy(home) };
  }
}
