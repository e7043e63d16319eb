import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWriteFailure, writeFileAtomicallySync } from '../core/atomic-file.ts';
import type { RunId } from '../core/ids.ts';
import { runFolder } from './paths.ts';

/** In a run's folder: its user deleted it, and what is left of it is to go. */
const MARK_NAME = 'deleted';

/** Notes in a run's folder, before anything of it goes, that it is deleted. @throws DecantError `disk.full`, `disk.failed`, `output.unwritable` */
export function markDeleted(home: string, run: RunId): void {
  writeFileAtomicallySync(join(runFolder(home, run), MARK_NAME), '');
}

/** Takes that back. */
export function unmarkDeleted(home: string, run: RunId): void {
  rmSync(join(runFolder(home, run), MARK_NAME), { force: true });
}

export function isMarkedDeleted(home: string, run: RunId): boolean {
  return existsSync(join(runFolder(home, run), MARK_NAME));
}

/** Removes a run's folder, the mark last, so that a half removed one is never taken for a run. Throws as `markDeleted`. */
export function removeRunFolder(home: string, run: RunId): void {
  const folder = runFolder(home, run);
  try {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names) if (name !== MARK_NAME) rmSync(join(folder, name), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw describeWriteFailure(folder, error);
  }
}
