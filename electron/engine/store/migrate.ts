import { DecantError } from '../core/errors.ts';
import type { WritableDb } from './connection.ts';
import type { Migration } from './migrations/index.ts';

/** Marks a file as a store of Decant's ("Dcnt"): SQLite's `application_id`. */
export const APPLICATION_ID = 0x44636e74;

/**
 * Brings a store to the newest version: every missing step and the new version number in one transaction, so that a
 * store is of one version or another, never between. A store of the newest version is not written to.
 *
 * @param options `beforeChange`: is called with the version of a store that is not new and will be changed
 * @throws DecantError `store.newer` when a later Decant wrote it
 */
export function migrate(
  db: WritableDb,
  migrations: readonly Migration[],
  path: string,
  { beforeChange = () => undefined }: { beforeChange?: (version: number) => void } = {},
): void {
  const newest = migrations.at(-1)?.version ?? 0;
  for (let i = 1; i < migrations.length; i++)
    if (migrations[i]!.version <= migrations[i - 1]!.version)
      throw new Error(`Migration ${migrations[i]!.version} does not come after ${migrations[i - 1]!.version}.`);

  const before = readVersion(db, newest, path);
  if (before === newest) return;
  if (before > 0) beforeChange(before);
  db.transaction(() => {
    // Read again under the write lock: another process may have migrated in between.
    const version = readVersion(db, newest, path);
    for (const step of migrations) if (step.version > version) step.migrate(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${newest}`);
  }).immediate();
}

function readVersion(db: WritableDb, newest: number, path: string): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > newest)
    throw new DecantError(
      'store.newer',
      `The store ${path} has version ${version}, but this version of Decant reads only up to version ${newest}; update Decant, or choose another home with --home.`,
      { path, version, newest },
    );
  return version;
}
