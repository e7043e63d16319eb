import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { runFolder } from './paths.ts';
import { writeRunRecord } from './run-record.ts';

/** A file of a run that the store vouches for. */
export interface Artifact {
  /** What it is called in the store: `checkpoint.bin`, `teacher.safetensors`. */
  name: string;
  /** File name in the run's folder: the name with the beginning of the content's hash. */
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** Names of files that `saveArtifact` makes. */
export const ARTIFACT_FILE = /^[a-z][a-z0-9-]*\.[0-9a-f]{12}\.[a-z0-9]+$/;
const ARTIFACT_NAME = /^([a-z][a-z0-9-]*)\.([a-z0-9]+)$/;

/**
 * Writes a file of a run and vouches for it: first the file, under a name that its content decides, then its row, and
 * with it in one transaction whatever `alsoWrite` writes, then the run's record, then the former file of that name goes. A crash at
 * any moment leaves the former file and its row, or the new ones, and never a record of a file that went; a file without a
 * row is no artifact, and `removeOrphans` takes it.
 *
 * @throws DecantError `disk.full`, `disk.failed`, `output.unwritable`
 */
export async function saveArtifact(
  { db, home }: { db: WritableDb; home: string },
  run: RunId,
  file: { name: string; content: Uint8Array | readonly Uint8Array[] },
  { nowMs, alsoWrite }: { nowMs: number; alsoWrite?: (db: WritableDb) => void },
): Promise<Artifact> {
  const parts = ARTIFACT_NAME.exec(file.name);
  if (!parts) throw new Error(`An artifact cannot be named ${JSON.stringify(file.name)}; expected: name.extension.`);
  const sha256 = hashContent(file.content);
  const path = `${parts[1]}.${sha256.slice(0, 12)}.${parts[2]}`;
  const folder = runFolder(home, run);
  const { sizeBytes } = await writeFileAtomically(join(folder, path), file.content);
  const artifact = { name: file.name, path, sizeBytes, sha256 };

  const former = db.transaction(() => {
    const before = findArtifact(db, run, file.name);
    saveArtifactRow(db, run, artifact, nowMs);
    alsoWrite?.(db);
    return before;
  })();
  writeRunRecord({ db, home }, run);
  if (former && former.path !== path) await rm(join(folder, former.path), { force: true });
  return artifact;
}

/** Vouches for a file that is there. */
export function saveArtifactRow(
  db: WritableDb,
  run: RunId,
  { name, path, sizeBytes, sha256 }: Artifact,
  nowMs: number,
): void {
  db.prepare(
    'INSERT OR REPLACE INTO artifacts (run, name, path, size_bytes, sha256, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(run, name, path, sizeBytes, sha256, nowMs);
}

/**
 * Content of an artifact, checked against its hash; null when the run has none of that name.
 *
 * @throws DecantError `checkpoint.unreadable` when the file is missing or is not what was written
 */
export async function readArtifact(
  { db, home }: { db: ReadableDb; home: string },
  run: RunId,
  name: string,
): Promise<Uint8Array | null> {
  const artifact = findArtifact(db, run, name);
  if (!artifact) return null;
  const path = join(runFolder(home, run), artifact.path);
  const content = await readFile(path).catch((error: unknown) => {
    throw damaged(path, run, 'it cannot be opened', error);
  });
  if (content.byteLength !== artifact.sizeBytes)
    throw damaged(path, run, `it has ${content.byteLength} bytes instead of ${artifact.sizeBytes}`);
  if (hashContent(content) !== artifact.sha256)
    throw damaged(path, run, 'its content has changed since it was written');
  return content;
}

export function findArtifact(db: ReadableDb, run: RunId, name: string): Artifact | null {
  return (
    db
      .prepare<[string, string], Artifact>(
        'SELECT name, path, size_bytes AS sizeBytes, sha256 FROM artifacts WHERE run = ? AND name = ?',
      )
      .get(run, name) ?? null
  );
}

export function selectArtifacts(db: ReadableDb, run: RunId): Artifact[] {
  return db
    .prepare<[string], Artifact>(
      'SELECT name, path, size_bytes AS sizeBytes, sha256 FROM artifacts WHERE run = ? ORDER BY name',
    )
    .all(run);
}

export function hashContent(content: Uint8Array | readonly Uint8Array[]): string {
  const sum = createHash('sha256');
  for (const part of content instanceof Uint8Array ? [content] : content) sum.update(part);
  return sum.digest('hex');
}

function damaged(path: string, run: RunId, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'checkpoint.unreadable',
    `The file ${path} of run ${run} cannot be used: ${reason}; restore it from a backup or start a new run.`,
    { path, run, reason },
    { cause },
  );
}
