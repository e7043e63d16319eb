import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeftRun, RestoredRun, RunRecovery } from '../../../shared/run/recovery.ts';
import { REPORT_FORM } from '../../../shared/stored/run-forms.ts';
import { RUN_RECORD_FORM, type RunRecordFile } from '../../../shared/stored/run-record-form.ts';
import { isTemporaryFile } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { isRunId, type RunId } from '../core/ids.ts';
import { findDamage, removeDamagedPoints } from './check-run.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { describeStoreFailure } from './database.ts';
import { isMarkedDeleted } from './deleted-mark.ts';
import { runFolder, runsFolder, storePath } from './paths.ts';
import { recordFromReport } from './record-from-report.ts';
import { type KeptReport, restoreRow } from './restore-run.ts';
import { LOCK_NAME, tryLockRun } from './run-lock.ts';
import { hashText, peekRunRecord, readRunRecord, writeRunRecord } from './run-record.ts';
import { parseStoredText, unsealText } from './stored-json.ts';

/**
 * How a run in its folder stands to the store's row of it. `lost`: there is no row, though something is in the folder; `newer`:
 * the folder's record is newer than the row; `older`: it is older, or there is none yet; `damaged`: the row is not what was
 * written, which only a thorough look finds.
 */
type Standing = 'same' | 'lost' | 'newer' | 'older' | 'damaged';

function compareRun({ db, home }: { db: ReadableDb; home: string }, run: RunId): Standing {
  if (isMarkedDeleted(home, run)) return 'same';
  const row = db.prepare<[string], number>('SELECT revision FROM runs WHERE id = ?').pluck().get(run);
  if (row === undefined) return holdsAnything(home, run) ? 'lost' : 'same';
  const record = peekRunRecord(home, run);
  if (record === null) return 'older';
  // One in a form that is not known here is a newer Decant's to write.
  if (record.revision > row || record.version > RUN_RECORD_FORM.version) return 'newer';
  return record.revision < row ? 'older' : 'same';
}

/** Whether a run's row and the record in its folder are of one moment, so that files that they do not list can go. */
export function isUpToDate(store: { db: ReadableDb; home: string }, run: RunId): boolean {
  return compareRun(store, run) === 'same';
}

/** Whether there is more in a run's folder than what every process leaves there. */
export function holdsAnything(home: string, run: RunId): boolean {
  const entries = readdirSync(runFolder(home, run), { withFileTypes: true });
  return entries.some(({ name }) => !name.startsWith(LOCK_NAME) && !isTemporaryFile(name));
}

/**
 * Runs that lie in a home's folder of runs though the store does not know them, or knows an older state of them.
 *
 * @param store `db`: null where there is no store
 */
export function findLostRuns({ db, home }: { db: ReadableDb | null; home: string }): RunId[] {
  return listRunFolders(home).filter((run) =>
    db
      ? ['lost', 'newer'].includes(compareRun({ db, home }, run))
      : !isMarkedDeleted(home, run) && holdsAnything(home, run),
  );
}

/** Those of them in whose folders is what restores them, as far as that can be told without reading it. */
export function findRestorableRuns(store: { db: ReadableDb; home: string }): RunId[] {
  return findLostRuns(store).filter((run) => {
    const record = peekRunRecord(store.home, run);
    return record === null ? existsSync(reportPath(store.home, run)) : record.version <= RUN_RECORD_FORM.version;
  });
}

/** Folders of runs, oldest run first. */
export function listRunFolders(home: string): RunId[] {
  const folder = runsFolder(home);
  return existsSync(folder) ? readdirSync(folder).filter(isRunId).sort() : [];
}

/**
 * Makes store and folders agree again: what the store lost, or has in an older state, is restored from what lies in the runs'
 * folders; where it is the other way round the record in the folder is written anew. Leaves alone runs that a process works
 * on, and what cannot be restored stays where it is.
 *
 * @param options `thorough`: also reads every row and record through, and makes up for those that are damaged
 */
export function reconcileRuns(
  store: { db: WritableDb; home: string },
  { thorough = false }: { thorough?: boolean } = {},
): RunRecovery {
  const compare = (run: RunId): Standing => {
    const standing = compareRun(store, run);
    if (!thorough || standing === 'lost' || standing === 'newer') return standing;
    if (findDamage(store, run) !== null) return 'damaged';
    return standing === 'same' && readRunRecord(store.home, run)?.ok === false ? 'older' : standing;
  };
  const restored: RestoredRun[] = [];
  const left: LeftRun[] = [];
  for (const run of listRunFolders(store.home)) {
    if (compare(run) === 'same') continue;
    const lock = tryLockRun(store.home, run);
    if (!lock) continue;
    try {
      const standing = compare(run); // Again, now that no other process changes it.
      if (standing === 'older') renewRecord(store, run);
      if (standing === 'same' || standing === 'older') continue;
      const outcome = restoreRun(store, run);
      if ('reason' in outcome) left.push(outcome);
      else restored.push(outcome);
      if (standing === 'damaged') removeDamagedPoints(store.db, run);
    } finally {
      lock.release();
    }
  }
  return { restored, left };
}

function renewRecord(store: { db: ReadableDb; home: string }, run: RunId): void {
  try {
    // All runs of a home that is from before there were records get one at once.
    writeRunRecord(store, run, { flush: false });
  } catch (error) {
    // Whoever changes the run next, or comes by, makes up for it.
    if (!(error instanceof DecantError)) throw error;
  }
}

/** Puts a run into the store as its folder has it, or says why that cannot be done. Its lock must be held. */
export function restoreRun(store: { db: WritableDb; home: string }, run: RunId): RestoredRun | LeftRun {
  const folder = runFolder(store.home, run);
  try {
    const reading = readRunRecord(store.home, run);
    if (reading?.ok) {
      const { record } = reading;
      const report = findReport(store, run, record);
      restoreRow(store.db, run, record, report);
      renewRecord(store, run);
      const unfinished = record.run.state === 'finished' && report === null;
      return { run, name: record.run.name, from: 'record', state: unfinished ? 'stopped' : record.run.state };
    }
    const report = reading?.newer ? null : readReportFile(store.home, run);
    if (report === null) {
      const reason = reading?.reason ?? 'There is neither a record of it nor a report in its folder.';
      return { run, folder, reason };
    }
    const record = recordFromReport(store, run, report.report);
    restoreRow(store.db, run, record, report);
    renewRecord(store, run);
    return { run, name: record.run.name, from: 'report', state: 'finished' };
  } catch (error) {
    const described = describeStoreFailure(storePath(store.home), error);
    if (!(described instanceof DecantError))
      return { run, folder, reason: `What is in there cannot be understood (${described.message}).` };
    // One run's fault must not hinder the others; a full disk, say, hinders all.
    if (described.code === 'store.newer' || described.code === 'store.unreadable')
      return { run, folder, reason: described.message };
    throw described;
  }
}

/** The report that a record speaks of, wherever it still is as it was; null where it is not, or there was none. */
function findReport(
  { db, home }: { db: ReadableDb; home: string },
  run: RunId,
  { run: body }: RunRecordFile,
): KeptReport | null {
  if (body.report === null) return null;
  const row = db.prepare<[string], string | null>('SELECT report FROM runs WHERE id = ?').pluck().get(run);
  for (const text of [row ? unsealText(row) : null, readReportText(home, run)]) {
    if (text === null || hashText(text) !== body.report) continue;
    const reading = parseStoredText(REPORT_FORM, text);
    if (reading.ok) return { report: reading.value, text };
  }
  return null;
}

/** Null where there is none, or it is another run's. */
function readReportFile(home: string, run: RunId): KeptReport | null {
  const text = readReportText(home, run);
  const reading = text === null ? null : parseStoredText(REPORT_FORM, text);
  return text !== null && reading?.ok && reading.value.run === run ? { report: reading.value, text } : null;
}

function reportPath(home: string, run: RunId): string {
  return join(runFolder(home, run), 'results', 'report.json');
}

/** `results/report.json` without its indentation, as the store holds it. */
function readReportText(home: string, run: RunId): string | null {
  try {
    return JSON.stringify(JSON.parse(readFileSync(reportPath(home, run), 'utf8')));
  } catch {
    return null; // Not there, or not JSON any more.
  }
}
