import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunDetail, RunSummary } from '../../../../shared/run/results.ts';
import type { Stage } from '../../../../shared/run/stages.ts';
import { DecantError } from '../../core/errors.ts';
import { isRunId, type RunId } from '../../core/ids.ts';
import {
  deleteRun as deleteFromStore,
  describeStoreFailure,
  findLostRuns,
  findRun,
  isRunLocked,
  openStore,
  openStoreForReading,
  type ReadableStore,
  type RunRecord,
  readReport,
  requireUndamaged,
  runFolder,
  selectExports,
  selectModels,
  selectPhones,
  selectRuns,
  storePath,
} from '../../store/index.ts';

/** Where a run's report, models and exports are kept. */
export function resultsFolder({ home }: Pick<ReadableStore, 'home'>, id: RunId): string {
  return join(runFolder(home, id), 'results');
}

/** All runs of a home, newest first. */
export async function listRuns({ home }: { home: string }): Promise<RunSummary[]> {
  const store = openStoreForReading(home);
  try {
    return store ? selectRuns(store.db).map((run) => summarize(home, run)) : [];
  } finally {
    store?.close();
  }
}

/** How many runs there are of which only their folders know, or know a newer state than the store. */
export async function countLostRuns({ home }: { home: string }): Promise<number> {
  const store = openStoreForReading(home);
  try {
    return findLostRuns(store ?? { db: null, home }).length;
  } finally {
    store?.close();
  }
}

/** @throws DecantError `run.unknown` */
export async function showRun({ home, run }: { home: string; run: string }): Promise<RunDetail> {
  const { store, record } = openRun(home, run);
  try {
    return describeRun(store, record);
  } finally {
    store.close();
  }
}

/** Everything that the store knows of a run. @throws DecantError `store.unreadable` where it is not what was written */
export function describeRun(store: ReadableStore, record: RunRecord): RunDetail {
  const { home, db } = store;
  requireUndamaged(store, record.id);
  return {
    ...summarize(home, record),
    datasetPath: record.datasetPath,
    folder: runFolder(home, record.id),
    report: readReport(db, record.id),
    models: selectModels(db, record.id).map(({ role, model }) => ({ role, ...model })),
    exports: selectExports(db, record.id).map((file) => ({
      ...file,
      file: resolve(resultsFolder(store, record.id), file.file),
    })),
    phones: selectPhones(db, record.id),
  };
}

/** Removes a run, its rows and its files. @throws DecantError `run.unknown`, `run.busy` */
export async function deleteRun({ home, run }: { home: string; run: string }): Promise<void> {
  openRun(home, run).store.close();
  const store = openStore(home);
  try {
    await deleteFromStore(store, run);
  } catch (error) {
    throw describeStoreFailure(storePath(home), error);
  } finally {
    store.close();
  }
}

/** A run that the store calls running and that no process holds was cut off: to be resumed, like a stopped one. */
function summarize(home: string, run: RunRecord): RunSummary {
  const cutOff = run.state === 'running' && !isRunLocked(home, run.id);
  return {
    id: run.id,
    dataset: run.datasetName,
    state: cutOff ? 'interrupted' : run.state,
    createdAt: new Date(run.createdAtMs).toISOString(),
    updatedAt: new Date(run.updatedAtMs).toISOString(),
    stage: run.stage as Stage | null, // Written by startStage.
    failure: run.failure,
    studentTop1: run.studentTop1,
    teacherTop1: run.teacherTop1,
    flopsReduction: run.flopsReduction,
  };
}

/** Whether something lies where a run of that id would, whatever the store knows of it. */
export function hasFolder(home: string, run: string): boolean {
  return isRunId(run) && existsSync(runFolder(home, run));
}

/** Opens a home's store and a run in it, for reading. The caller closes the store. @throws DecantError `run.unknown` */
export function openRun(home: string, run: string): { store: ReadableStore; record: RunRecord } {
  const store = openStoreForReading(home);
  try {
    if (!store) {
      const message = `There is no run ${JSON.stringify(run)}: ${home} holds no runs yet.`;
      throw new DecantError('run.unknown', message, { run });
    }
    return { store, record: findRun(store.db, run) };
  } catch (error) {
    store?.close();
    if (!(error instanceof DecantError && error.code === 'run.unknown') || !hasFolder(home, run)) throw error;
    const message = `The store does not know run ${run}, but its folder is there; "decant doctor --repair" restores it.`;
    throw new DecantError('run.unknown', message, { run }, { cause: error });
  }
}
