import type { DatasetInspection } from '../../../shared/run/inspection.ts';
import { INSPECTION_FORM, SAMPLES_FORM } from '../../../shared/stored/dataset-forms.ts';
import type { DatasetId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { parseStoredText, toStoredText } from './stored-json.ts';

/** What was found in a dataset when it was read. */
export interface InspectionRecord {
  kind: 'folder' | 'zip';
  /** Changes when images come, go, or change their size; unlike the fingerprint it is told without reading a file. */
  listing: string;
  inspection: DatasetInspection;
  /** Indices of a few readable images, by class. */
  samples: number[][];
}

/** Keeps what was found, unless a newer Decant's findings are there: they stay as they are. */
export function saveInspection(
  db: WritableDb,
  dataset: DatasetId,
  { kind, listing, inspection, samples }: InspectionRecord,
): void {
  const before = readInspection(db, dataset);
  if ([before?.inspection, before?.samples].some((part) => part?.ok === false && part.why === 'newer')) return;
  db.prepare('INSERT OR REPLACE INTO inspections (dataset, kind, listing, facts, samples) VALUES (?, ?, ?, ?, ?)').run(
    dataset,
    kind,
    listing,
    toStoredText(INSPECTION_FORM, inspection),
    toStoredText(SAMPLES_FORM, samples),
  );
}

/** Null where a dataset was not inspected, or by a newer Decant: then it is inspected once more. */
export function findInspection(db: ReadableDb, dataset: DatasetId): InspectionRecord | null {
  const row = readInspection(db, dataset);
  if (!row?.inspection.ok || !row.samples.ok) return null;
  return { kind: row.kind, listing: row.listing, inspection: row.inspection.value, samples: row.samples.value };
}

function readInspection(db: ReadableDb, dataset: DatasetId) {
  const row = db
    .prepare<[string], Pick<InspectionRecord, 'kind' | 'listing'> & { facts: string; samples: string }>(
      'SELECT kind, listing, facts, samples FROM inspections WHERE dataset = ?',
    )
    .get(dataset);
  return (
    row && {
      ...row,
      inspection: parseStoredText(INSPECTION_FORM, row.facts),
      samples: parseStoredText(SAMPLES_FORM, row.samples),
    }
  );
}
