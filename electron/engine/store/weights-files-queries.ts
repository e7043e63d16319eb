import { RECIPE_NETWORKS, type RecipeNetwork } from '../../../shared/run/roles.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { readRole } from './read-role.ts';

/** A file of weights that a recipe names, as it was when the run began. */
export interface WeightsFileRecord {
  role: RecipeNetwork;
  /** Absolute. */
  path: string;
  sha256: string;
}

export function saveWeightsFile(db: WritableDb, run: RunId, { role, path, sha256 }: WeightsFileRecord): void {
  db.prepare('INSERT OR REPLACE INTO weights_files (run, role, path, sha256) VALUES (?, ?, ?, ?)').run(
    run,
    role,
    path,
    sha256,
  );
}

/** By role. @throws DecantError `store.unreadable` */
export function selectWeightsFiles(db: ReadableDb, run: RunId): WeightsFileRecord[] {
  return db
    .prepare<[string], Omit<WeightsFileRecord, 'role'> & { role: string }>(
      'SELECT role, path, sha256 FROM weights_files WHERE run = ? ORDER BY role',
    )
    .all(run)
    .map(({ role, ...file }) => ({ role: readRole(role, RECIPE_NETWORKS, run), ...file }));
}
