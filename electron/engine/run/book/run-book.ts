import type { AppRun, RunHistory, RunRow, runQuerySchema } from '../../../../shared/ipc/topics/runs.ts';
import type { RunRecovery } from '../../../../shared/run/recovery.ts';
import type { Stage } from '../../../../shared/run/stages.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import {
  type Annotation,
  annotateRun,
  appendLog,
  askToFinish,
  deleteRun,
  endWork,
  findRestorableRuns,
  findRun,
  findRunRow,
  hideRun,
  isRunLocked,
  leaveQueue,
  markEnded,
  noteProgress,
  openStore,
  putInQueue,
  type RunRowRecord,
  readRecipe,
  reconcileRuns,
  restoreHiddenRun,
  type Store,
  selectCutOffWork,
  selectHiddenRuns,
  selectQueue,
  selectRunRows,
  selectRunsAtWork,
  selectTags,
  takeFromQueue,
  writeRunRecord,
} from '../../store/index.ts';
import { describeRun } from './runs.ts';

/** How often a run is restarted automatically, in a row, without progress. */
const MOST_ATTEMPTS = 3;

/** What is known of runs only where they are worked on. */
export interface RunsAtWork {
  /** The run that this process works on. */
  readonly active: string | null;
  /** Whether it is held. */
  readonly paused: boolean;
}

/**
 * The runs of a home for whoever shows and steers them: rows, annotations, queue, hidden runs. Its store stays open until
 * `close`; other processes may work in the home at the same time.
 */
export class RunBook {
  readonly store: Store;
  readonly #clock: Clock;
  #atWork: RunsAtWork = { active: null, paused: false };

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.#clock = clock;
  }

  /** Says what this process works on, which decides the state of rows. */
  noteAtWork(atWork: RunsAtWork): void {
    this.#atWork = atWork;
  }

  list(query: RunQueryRead): { total: number; rows: RunRow[] } {
    const { text, states, tags, dataset, sort, descending, offset, limit } = query;
    const words = text.split(/\s+/).filter((word) => word !== '');
    const filter = { words, states, tags, dataset };
    const { total, rows } = selectRunRows(this.store.db, this.#live(), filter, { sort, descending, offset, limit });
    return { total, rows: rows.map(toRow) };
  }

  /** @throws DecantError `run.unknown` */
  row(id: string): RunRow {
    const { id: run } = findRun(this.store.db, id);
    return toRow(findRunRow(this.store.db, this.#live(), run)!); // Just found.
  }

  tags(): { tag: string; runs: number }[] {
    return selectTags(this.store.db);
  }

  /** @throws DecantError `run.unknown` */
  show(id: string): AppRun {
    const record = findRun(this.store.db, id);
    return { row: this.row(id), recipe: readRecipe(this.store.db, record.id), detail: describeRun(this.store, record) };
  }

  /** @throws DecantError `run.unknown` */
  async history(id: string): Promise<RunHistory> {
    const { readHistory } = await import('./run-history.ts');
    const history = readHistory(this.store, id);
    const { showSearch } = await import('../context/kept-search.ts');
    return { ...history, search: await showSearch({ store: this.store, id: findRun(this.store.db, id).id }) };
  }

  /** @throws DecantError `run.unknown` */
  annotate(id: string, annotation: Annotation): void {
    const run = findRun(this.store.db, id).id;
    annotateRun(this.store.db, run, annotation);
    this.#renewRecord(run);
  }

  /** Runs that wait, the next one first. */
  queue(): RunId[] {
    return selectQueue(this.store.db);
  }

  putInQueue(id: string, position?: number): void {
    putInQueue(this.store.db, findRun(this.store.db, id).id, position);
  }

  /** Takes a waiting run out of the queue, for good. */
  leaveQueue(id: string): void {
    leaveQueue(this.store.db, id as RunId);
    endWork(this.store.db, id as RunId); // One that is not there changes nothing.
  }

  /** Takes the next run that no other process works on; null where there is none. */
  takeFromQueue(): RunId | null {
    const busy = this.queue().filter((id) => isRunLocked(this.store.home, id));
    return takeFromQueue(this.store.db, new Set(busy));
  }

  noteProgress(id: RunId): void {
    noteProgress(this.store.db, id);
  }

  /** Notes that nobody shall take the run up unasked. */
  endWork(id: RunId): void {
    endWork(this.store.db, id);
  }

  /** Notes how work on a run ended where that work could not do so itself. */
  noteEnd(id: RunId, end: { state: 'stopped' } | { state: 'failed'; failure: string }): void {
    const { db } = this.store;
    db.transaction(() => {
      const before = findRun(db, id);
      if (before.state === 'finished' || (before.state === end.state && end.state === 'stopped')) return;
      if (end.state === 'failed' && before.failure !== end.failure)
        appendLog(db, id, { atMs: this.#clock.now(), level: 'error', text: end.failure });
      markEnded(db, id, end, this.#clock.now());
    })();
    this.#renewRecord(id);
  }

  /**
   * Puts runs that a process was at when it died in front of the queue; one that got nowhere for too many times fails.
   * Purges what was hidden.
   */
  async recover(): Promise<void> {
    for (const { id, attempts } of selectCutOffWork(this.store.db)) {
      if (isRunLocked(this.store.home, id)) continue;
      if (attempts <= MOST_ATTEMPTS) {
        this.putInQueue(id, 1);
        continue;
      }
      const failure = `The engine stopped ${attempts} times in a row during this run, without progress; resume the run to try again, perhaps with another back end.`;
      this.noteEnd(id, { state: 'failed', failure });
      this.endWork(id);
    }
    await this.purge(0);
  }

  askToFinish(id: RunId): void {
    askToFinish(this.store.db, id);
  }

  /** How many runs the store has lost, or has in an older state, that their folders can restore. */
  countLost(): number {
    return findRestorableRuns(this.store).length;
  }

  /** Restores them. */
  restoreLost(): RunRecovery {
    return reconcileRuns(this.store);
  }

  /** Hides runs until they are restored or purged; all of them, or none. @throws DecantError `run.unknown`, `run.busy` */
  hide(ids: readonly string[]): void {
    const { db, home } = this.store;
    db.transaction(() => {
      for (const id of ids) {
        const run = findRun(db, id).id;
        if (run === this.#atWork.active || isRunLocked(home, run))
          throw new DecantError('run.busy', `The run ${id} is active; stop it before you delete it.`, { run });
        this.leaveQueue(run);
        hideRun(db, run, this.#clock.now());
      }
    })();
    for (const id of ids) this.#renewRecord(id as RunId); // Each was just found.
  }

  /** @throws DecantError `run.unknown` where one was purged already */
  restore(ids: readonly string[]): void {
    this.store.db.transaction(() => {
      for (const id of ids) restoreHiddenRun(this.store.db, id);
    })();
    for (const id of ids) this.#renewRecord(id as RunId); // Each was just found.
  }

  /** Deletes runs with their files that have been hidden for so long. */
  async purge(hiddenForMs: number): Promise<void> {
    for (const id of selectHiddenRuns(this.store.db, this.#clock.now() - hiddenForMs)) {
      try {
        await deleteRun(this.store, id);
      } catch (error) {
        // Taken up by another process in between, or purged by it.
        if (!(error instanceof DecantError && (error.code === 'run.busy' || error.code === 'run.unknown'))) throw error;
      }
    }
  }

  close(): void {
    this.store.close();
  }

  /** Repeats a change in the run's folder; where that fails, the next start makes up for it. */
  #renewRecord(run: RunId): void {
    try {
      writeRunRecord(this.store, run);
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
    }
  }

  #live() {
    const { active, paused } = this.#atWork;
    const others = selectRunsAtWork(this.store.db).filter((id) => id !== active && isRunLocked(this.store.home, id));
    return {
      running: active === null ? others : [...others, active],
      paused: active !== null && paused ? [active] : [],
    };
  }
}

type RunQueryRead = ReturnType<typeof runQuerySchema.parse>;

/** Opens a home's store, and its runs. Throws as `openStore`. */
export function openRunBook(home: string, clock: Clock = systemClock): RunBook {
  return new RunBook(openStore(home), clock);
}

function toRow({ createdAtMs, updatedAtMs, stage, ...row }: RunRowRecord): RunRow {
  return {
    ...row,
    stage: stage as Stage | null, // Written by startStage.
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
  };
}
