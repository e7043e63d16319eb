import { createHash } from 'node:crypto';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { CLASSES_FORM } from '../../../shared/stored/dataset-forms.ts';
import { writeStored } from '../../../shared/stored/form.ts';
import type { DatasetId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { damagedRow, fromStoredText, sumText, toStoredText } from './stored-json.ts';

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
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, classes = excluded.classes`,
  ).run(id, name, path, fingerprint, toStoredText(CLASSES_FORM, classes), images, nowMs);
  return id as DatasetId; // Made here, and only here, from the dataset's identity.
}

/** @throws DecantError `store.newer`, `store.unreadable` */
export function findDataset(db: ReadableDb, id: string): DatasetRecord | null {
  const row = db
    .prepare<[string], Omit<DatasetRecord, 'classes'> & { classes: string }>(
      'SELECT id, name, path, fingerprint, classes, images FROM datasets WHERE id = ?',
    )
    .get(id);
  return row ? { ...row, classes: fromStoredText(CLASSES_FORM, row.classes, `The dataset ${row.name}`) } : null;
}

/** The dataset of that name and those classes that was looked at last; null where none is known. */
export function findDatasetLike(
  db: ReadableDb,
  { name, classes }: Pick<DatasetRecord, 'name' | 'classes'>,
): Omit<DatasetRecord, 'id' | 'classes'> | null {
  const text = toStoredText(CLASSES_FORM, classes);
  const unsealed = JSON.stringify(writeStored(CLASSES_FORM, classes)); // From before texts were sealed.
  return (
    db
      .prepare<[string, string, string], Omit<DatasetRecord, 'id' | 'classes'>>(
        'SELECT name, path, fingerprint, images FROM datasets WHERE name = ? AND classes IN (?, ?) ORDER BY seen_at DESC LIMIT 1',
      )
      .get(name, text, unsealed) ?? null
  );
}

/** A dataset as lists show it. */
export interface DatasetRow {
  id: DatasetId;
  name: string;
  path: string;
  /** Null where it was never inspected. */
  kind: 'folder' | 'zip' | null;
  classes: number;
  /** Those with labels that can be read, where it was inspected. */
  images: number;
  /** Those without. */
  unlabelled: number;
  seenAtMs: number;
  /** Runs of it, without those that are hidden. */
  runs: number;
}

const DATASET_ROWS = `
  SELECT datasets.id, datasets.name, datasets.path, inspections.kind,
    iif(json_valid(datasets.classes),
      json_array_length(datasets.classes, iif(json_type(datasets.classes) = 'array', '$', '$.value')), 0) AS classes,
    iif(json_valid(inspections.facts), coalesce(json_extract(inspections.facts, '$.images'), datasets.images),
      datasets.images) AS images,
    iif(json_valid(inspections.facts), coalesce(json_extract(inspections.facts, '$.unlabelled.images'), 0), 0) AS unlabelled,
    datasets.seen_at AS seenAtMs,
    (SELECT count(*) FROM runs WHERE runs.dataset = datasets.id AND runs.deleted_at IS NULL) AS runs
  FROM datasets LEFT JOIN inspections ON inspections.dataset = datasets.id`;

/** The one looked at last first. */
export function selectDatasetRows(db: ReadableDb): DatasetRow[] {
  return db.prepare<[], DatasetRow>(`${DATASET_ROWS} ORDER BY datasets.seen_at DESC`).all();
}

export function findDatasetRow(db: ReadableDb, id: string): DatasetRow | null {
  return db.prepare<[string], DatasetRow>(`${DATASET_ROWS} WHERE datasets.id = ?`).get(id) ?? null;
}

const WITHOUT_RUNS = 'NOT EXISTS (SELECT 1 FROM runs WHERE runs.dataset = datasets.id)';

/** Takes a dataset out that no run is of; its files stay. Whether it did. */
export function deleteDataset(db: WritableDb, id: DatasetId): boolean {
  return db.prepare(`DELETE FROM datasets WHERE id = ? AND ${WITHOUT_RUNS}`).run(id).changes > 0;
}

/** Takes out what a dataset's files were before they changed, where no run is of it. */
export function deleteFormerDatasets(db: WritableDb, { id, path }: { id: DatasetId; path: string }): void {
  db.prepare(`DELETE FROM datasets WHERE path = ? AND id <> ? AND ${WITHOUT_RUNS}`).run(path, id);
}

/** What a recipe says of how images are divided. */
export function splitSettings({ data: { validation, test, limit, imbalance, labels, unlabelled }, seed }: Recipe) {
  return {
    validation,
    test,
    limit,
    seed,
    // Left out where nothing is: older splits are kept under the others alone.
    ...(imbalance > 1 && { imbalance }),
    ...(labels !== null && { labels }),
    ...(!unlabelled && { unlabelled }),
  };
}

/** Those as a text: what splits are kept under. */
export function splitKey(recipe: Recipe): string {
  return JSON.stringify(splitSettings(recipe));
}

/** Keeps which image belongs to which split under given settings; a split once made never changes. */
export function saveSplit(db: WritableDb, dataset: DatasetId, settings: string, assignment: Uint8Array): void {
  db.prepare('INSERT INTO splits (dataset, settings, assignment, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
    dataset,
    settings,
    assignment,
    sumText(assignment),
  );
}

/** Keeps it in the place of one that may be damaged. */
export function replaceSplit(db: WritableDb, dataset: DatasetId, settings: string, assignment: Uint8Array): void {
  db.prepare('DELETE FROM splits WHERE dataset = ? AND settings = ?').run(dataset, settings);
  saveSplit(db, dataset, settings, assignment);
}

/** @throws DecantError `store.unreadable` */
export function findSplit(db: ReadableDb, dataset: DatasetId, settings: string): Uint8Array | null {
  const row = db
    .prepare<[string, string], { assignment: Uint8Array; sum: string | null }>(
      'SELECT assignment, sum FROM splits WHERE dataset = ? AND settings = ?',
    )
    .get(dataset, settings);
  if (!row) return null;
  if (row.sum !== null && sumText(row.assignment) !== row.sum)
    throw damagedRow(`The split of dataset ${dataset}`, 'it has changed since it was written');
  return row.assignment;
}
