import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readStored } from '../../../shared/stored/form.ts';
import { RUN_RECORD_FORM, type RunRecordFile } from '../../../shared/stored/run-record-form.ts';
import { writeFileAtomically } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import { restoreHiddenRun } from './annotations-queries.ts';
import type { WritableDb } from './connection.ts';
import type { DatasetRecord } from './datasets-queries.ts';
import { isMarkedDeleted, removeRunFolder } from './deleted-mark.ts';
import { runFolder } from './paths.ts';
import { restoreRun } from './reconcile.ts';
import { lockRun } from './run-lock.ts';
import { encodeRunRecord, RECORD_NAME, writeRunRecord } from './run-record.ts';

/** A run that lies outside of the home. */
export interface OutsideRun {
  readonly run: RunId;
  /** Its folder, with its record. */
  readonly from: string;
  /** Where its images are here. */
  readonly dataset: Pick<DatasetRecord, 'name' | 'path' | 'fingerprint'>;
}

/**
 * Makes a run that lies outside of a home one of the home's, unless it is; a hidden one is shown again.
 *
 * @throws DecantError `dataset.changed` where the images are not those that it learned from; `run.busy`; `store.unreadable` where
 *   its record cannot be understood; what writing a file throws
 */
export async function takeInRun(
  store: { db: WritableDb; home: string },
  { run, from, dataset }: OutsideRun,
): Promise<void> {
  const { db, home } = store;
  const known = db
    .prepare<[string], { hidden: number }>('SELECT deleted_at IS NOT NULL AS hidden FROM runs WHERE id = ?')
    .get(run);
  if (known && !isMarkedDeleted(home, run)) {
    if (known.hidden === 0) return;
    restoreHiddenRun(db, run);
    writeRunRecord(store, run);
    return;
  }
  const record = await readRecord(join(from, RECORD_NAME), run);
  if (record.run.dataset.fingerprint !== dataset.fingerprint)
    throw new DecantError(
      'dataset.changed',
      `The images in ${dataset.path} are not those that the run ${run} learned from; put those back, or delete that folder to have them drawn again.`,
      { run, path: dataset.path },
    );
  const { name, path } = dataset;
  const body = { ...record.run, dataset: { ...record.run.dataset, name, path } };
  const folder = runFolder(home, run);
  removeRunFolder(home, run); // What an interrupted copy or deletion left.
  await mkdir(folder, { recursive: true });
  await cp(from, folder, { recursive: true, filter: (source) => source !== join(from, RECORD_NAME) });
  await writeFileAtomically(join(folder, RECORD_NAME), encodeRunRecord({ revision: record.revision, body }));
  const lock = lockRun(home, run);
  try {
    const outcome = restoreRun(store, run);
    if ('reason' in outcome) throw new DecantError('store.unreadable', outcome.reason, { run });
  } finally {
    lock.release();
  }
}

async function readRecord(path: string, run: RunId): Promise<RunRecordFile> {
  const reading = readStored(RUN_RECORD_FORM, JSON.parse(await readFile(path, 'utf8')));
  if (!reading.ok) throw new DecantError('store.unreadable', `${path} is no record of a run.`, { run, path });
  return reading.value;
}
