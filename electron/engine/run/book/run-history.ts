import type { RunHistory } from '../../../../shared/ipc/topics/runs.ts';
import type { StepPoint } from '../../../../shared/run/live.ts';
import type { EpochMetrics } from '../../../../shared/run/report.ts';
import { sortByStage } from '../../../../shared/run/stages.ts';
import type { RunId } from '../../core/ids.ts';
import { compareWidths } from '../../model/compare-widths.ts';
import {
  findDataset,
  findRun,
  type ReadableStore,
  readLayers,
  readRecipe,
  readReport,
  selectCuts,
  selectEpochs,
  selectLog,
  selectStepPoints,
} from '../../store/index.ts';
import { describeModel } from '../context/models.ts';

/**
 * Everything that draws a run from its start, but for its search. Runs from before curves and widths were kept have a point an epoch, and
 * their widths from the report.
 *
 * @throws DecantError `run.unknown`
 */
export function readHistory(store: ReadableStore, id: string): Omit<RunHistory, 'search'> {
  const { db } = store;
  const run = findRun(db, id);
  const epochs = sortByStage(selectEpochs(db, run.id));
  const steps = selectStepPoints(db, run.id);
  return {
    epochs,
    cuts: selectCuts(db, run.id),
    steps: steps.length > 0 ? steps : epochs.map(pointOfEpoch),
    layers: readLayers(db, run.id) ?? layersOf(store, run.id, run.dataset),
    log: selectLog(db, run.id).map(({ atMs, level, text }) => ({ at: new Date(atMs).toISOString(), level, text })),
  };
}

function layersOf({ db }: ReadableStore, run: RunId, dataset: ReturnType<typeof findRun>['dataset']) {
  const report = readReport(db, run);
  if (report) return report.layers.map(({ name, before, after }) => ({ name, before, now: after }));
  const classes = findDataset(db, dataset)?.classes.length ?? 2;
  const full = describeModel(readRecipe(db, run), 'student', classes);
  return compareWidths(full, full);
}

/** Steps are not known any more: an epoch counts as one. */
function pointOfEpoch(epoch: EpochMetrics): StepPoint {
  const { stage, loss, terms, learningRate, macs, imagesPerSecond } = epoch;
  return {
    stage,
    step: epoch.epoch,
    epoch: epoch.epoch + 1,
    loss,
    terms,
    learningRate,
    factors: {},
    macs,
    imagesPerSecond,
  };
}
