import { createHash } from 'node:crypto';
import type { DatasetId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './database.ts';

export interface DatasetRecord {
  id: DatasetId;
  name: string;
  /** Absolute path of the folder or archive. */
  path: string;
  /** Changes when the dataset's files change. */
  fingerprint: string;
  classes: string[];
  images: number;
}

/** Keeps what is known of a dataset; the same path and fingerprint give the same id. */
export function saveDataset(db: WritableDb, dataset: Omit<DatasetRecord, 'id'>, nowMs: number): DatasetId {
  const { name, path, fingerprint, classes, images } = dataset;
  const id = createHash('sha256').update(`${path}\0${fingerprint}`).digest('hex').slice(0, 16);
  db.prepare(
    `INSERT INTO datasets (id, name, path, fingerprint, classes, images, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
  ).run(id, name, path, fingerprint, JSON.stringify(classes), images, nowMs);
  return id as DatasetId; // Made here, and only here, from the dataset's identity.
}

export function findDataset(db: ReadableDb, id: DatasetId): DatasetRecord | null {
  const row = db
    .prepare<[string], Omit<DatasetRecord, 'classes'> & { classes: string }>(
      'SELECT id, name, path, fingerprint, classes, images FROM datasets WHERE id = ?',
    )
    .get(id);
  return row ? { ...row, classes: JSON.parse(row.classes) as string[] } : null; // Written by saveDataset.
}

/** Keeps which image belongs to which split under given settings; a split once made never changes. */
export function saveSplit(db: WritableDb, dataset: DatasetId, settings: string, assignment: Uint8Array): void {
  db.prepare('INSERT INTO splits (dataset, settings, assignment) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
    dataset,
    settings,
    assignment,
  );
}

export function findSplit(db: ReadableDb, dataset: DatasetId, settings: string): Uint8Array | null {
  const row = db
    .prepare<[string, string], { assignment: Uint8Array }>(
      'SELECT assignment FROM splits WHERE dataset = ? AND settings = ?',
    )
    .get(dataset, settings);
  return row?.assignment ?? null;
}
