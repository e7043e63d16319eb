import { type DatasetInspection, datasetInspectionSchema } from '../../../shared/run/inspection.ts';
import type { DatasetId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './database.ts';

/** What was found in a dataset when it was read. */
export interface InspectionRecord {
  kind: 'folder' | 'zip';
  /** Changes when images come, go, or change their size; unlike the fingerprint it is told without reading a file. */
  listing: string;
  inspection: DatasetInspection;
  /** Indices of a few readable images, by class. */
  samples: number[][];
}

export function saveInspection(
  db: WritableDb,
  dataset: DatasetId,
  { kind, listing, inspection, samples }: InspectionRecord,
): void {
  db.prepare('INSERT OR REPLACE INTO inspections (dataset, kind, listing, facts, samples) VALUES (?, ?, ?, ?, ?)').run(
    dataset,
    kind,
    listing,
    JSON.stringify(inspection),
    JSON.stringify(samples),
  );
}

/** Null where a dataset was not inspected, or by another version whose words are not understood. */
export function findInspection(db: ReadableDb, dataset: DatasetId): InspectionRecord | null {
  const row = db
    .prepare<[string], Pick<InspectionRecord, 'kind' | 'listing'> & { facts: string; samples: string }>(
      'SELECT kind, listing, facts, samples FROM inspections WHERE dataset = ?',
    )
    .get(dataset);
  if (!row) return null;
  const inspection = datasetInspectionSchema.safeParse(JSON.parse(row.facts)).data;
  const samples = JSON.parse(row.samples) as number[][]; // Written by saveInspection.
  return inspection ? { kind: row.kind, listing: row.listing, inspection, samples } : null;
}
