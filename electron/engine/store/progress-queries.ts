import type { Cut, EpochMetrics } from '../../../shared/run/report.ts';
import type { Stage } from '../../../shared/run/stages.ts';
import { CUT_FORM, EPOCH_FORM } from '../../../shared/stored/run-forms.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { fromStoredText, toStoredText } from './stored-json.ts';

/**
 * Marks the start of a stage; a resumed stage keeps its first start and its elapsed time. Stages stay in the order in which
 * they begin even where the clock was set back in between.
 */
export function startStage(db: WritableDb, run: RunId, stage: Stage, nowMs: number): void {
  db.prepare(
    `INSERT INTO stages (run, stage, started_at)
     SELECT @run, @stage, max(@nowMs, coalesce(max(started_at) + 1, 0)) FROM stages WHERE run = @run
     ON CONFLICT DO NOTHING`,
  ).run({ run, stage, nowMs });
}

/** Adds time spent in a stage. */
export function addStageTime(db: WritableDb, run: RunId, stage: Stage, elapsedMs: number, finished: boolean): void {
  db.prepare(
    'UPDATE stages SET elapsed_ms = elapsed_ms + ?, finished = max(finished, ?) WHERE run = ? AND stage = ?',
  ).run(elapsedMs, finished ? 1 : 0, run, stage);
  db.prepare('UPDATE runs SET elapsed_ms = elapsed_ms + ? WHERE id = ?').run(elapsedMs, run);
}

/** In the order in which they began. */
export function selectStages(db: ReadableDb, run: RunId): { stage: Stage; elapsedMs: number; finished: boolean }[] {
  return db
    .prepare<[string], { stage: Stage; elapsedMs: number; finished: number }>(
      'SELECT stage, elapsed_ms AS elapsedMs, finished FROM stages WHERE run = ? ORDER BY started_at',
    )
    .all(run)
    .map((row) => ({ ...row, finished: row.finished === 1 }));
}

/** Keeps an epoch's figures; an epoch that is trained again after a resume replaces them. */
export function saveEpoch(db: WritableDb, run: RunId, metrics: EpochMetrics): void {
  db.prepare('INSERT OR REPLACE INTO epochs (run, stage, epoch, validation_top1, metrics) VALUES (?, ?, ?, ?, ?)').run(
    run,
    metrics.stage,
    metrics.epoch,
    metrics.validationTop1,
    toStoredText(EPOCH_FORM, metrics),
  );
}

/** One stage's epochs, or those of all stages; by stage and epoch. @throws DecantError `store.newer`, `store.unreadable` */
export function selectEpochs(db: ReadableDb, run: RunId, stage?: Stage): EpochMetrics[] {
  const rows =
    stage === undefined
      ? db.prepare<[string], string>('SELECT metrics FROM epochs WHERE run = ? ORDER BY stage, epoch').pluck().all(run)
      : db
          .prepare<[string, string], string>('SELECT metrics FROM epochs WHERE run = ? AND stage = ? ORDER BY epoch')
          .pluck()
          .all(run, stage);
  return rows.map((row) => fromStoredText(EPOCH_FORM, row, `Run ${run}`));
}

export function saveCut(db: WritableDb, run: RunId, cut: Cut): void {
  db.prepare('INSERT OR REPLACE INTO cuts (run, cut, facts) VALUES (?, ?, ?)').run(
    run,
    cut.cut,
    toStoredText(CUT_FORM, cut),
  );
}

/** In their order. @throws DecantError `store.newer`, `store.unreadable` */
export function selectCuts(db: ReadableDb, run: RunId): Cut[] {
  return db
    .prepare<[string], string>('SELECT facts FROM cuts WHERE run = ? ORDER BY cut')
    .pluck()
    .all(run)
    .map((row) => fromStoredText(CUT_FORM, row, `Run ${run}`));
}
