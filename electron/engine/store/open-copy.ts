import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import type { ReadableDb } from './connection.ts';
import { openFile } from './database.ts';
import { storePath } from './paths.ts';

const MOST_ATTEMPTS = 5;

/**
 * Opens a copy of a home's store, for where the home cannot be written: SQLite reads a store with a write-ahead log, or of an
 * older version, only where it may write beside it. The copy lies among the system's temporary files as long as it is open.
 *
 * @throws DecantError `store.unreadable`, `store.newer`, `store.busy`, `output.unwritable`, `disk.full`
 */
export function openCopy(home: string): { db: ReadableDb; close(): void } {
  const path = storePath(home);
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'decant-store-'));
  } catch (error) {
    throw describeWriteFailure(tmpdir(), error);
  }
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(path));
    copyWhole(path, copy);
    const db = openFile(copy, { calledAs: path });
    db.pragma('journal_mode = DELETE'); // One file from now on, which can go at once where systems let go of open files.
    if (process.platform !== 'win32') remove();
    return {
      db,
      close() {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Copies a store and its write-ahead log as they were at one moment: again where another process wrote in between. */
function copyWhole(path: string, copy: string): void {
  const files = ['', '-wal'].map((ending) => ({ from: `${path}${ending}`, to: `${copy}${ending}` }));
  const describe = () =>
    files.map(({ from }) => {
      const stats = statSync(from, { throwIfNoEntry: false });
      return stats && `${stats.mtimeMs} ${stats.size}`;
    });
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const before = describe();
    try {
      for (const { from, to } of files) {
        rmSync(to, { force: true });
        if (existsSync(from)) copyFileSync(from, to);
      }
    } catch (error) {
      throw describeWriteFailure(copy, error);
    }
    if (describe().join() === before.join()) return;
  }
  const message = `Another process writes the store ${path}, which cannot be read meanwhile; wait for it to finish.`;
  throw new DecantError('store.busy', message, { path });
}
