import { type OpenOptions, openDatabase, openExistingDatabase, type ReadableDb, type WritableDb } from './database.ts';

/** The store of one home: its database, and the folder that its files lie in. */
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
 * Opens a home's store, made or migrated first where needed. Close it when done.
 *
 * @throws DecantError `store.unreadable`, `store.newer`, `store.busy`, `output.unwritable`, `disk.full`
 */
export function openStore(home: string, options: OpenOptions = {}): Store {
  const db = openDatabase(home, options);
  return { home, db, close: () => db.close() };
}

/** Opens a home's store for reading; null where there is none, and then nothing is made. Throws as `openStore` does. */
export function openStoreForReading(home: string, options: OpenOptions = {}): ReadableStore | null {
  const db = openExistingDatabase(home, options);
  return db && { home, db, close: () => db.close() };
}
