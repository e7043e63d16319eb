import type { AppRun, RunHistory, RunPlan } from '../../../shared/ipc/topics/runs.ts';
import type { EpochMetrics } from '../../../shared/run/report.ts';
import { ask } from '../../bridge.ts';
import type { LayerWidth } from '../../charts/layer-widths.ts';
import { type Contender, listContenders } from './contenders.ts';

/** A run with the data that this screen shows. */
export interface ShownRun {
  readonly run: AppRun;
  readonly contenders: readonly Contender[];
  readonly layers: readonly LayerWidth[];
  readonly epochs: readonly EpochMetrics[];
}

/** Reads what is known about a run: its report or, before that, its plan and history. */
export async function readRun(id: string): Promise<ShownRun> {
  const run = await ask('runs.show', { run: id });
  const { report } = run.detail;
  if (report)
    return {
      run,
      contenders: listContenders(run, { plan: null, history: null }),
      layers: report.layers,
      epochs: report.history,
    };
  const [plan, history] = await Promise.all([readPlan(run), ask('runs.history', { run: id })]);
  return {
    run,
    contenders: listContenders(run, { plan, history }),
    layers: readWidths(history),
    epochs: history.epochs,
  };
}

/** Null if there is no plan, as when the dataset is missing; the rest of the page does not need it. */
async function readPlan({ row, recipe }: AppRun): Promise<RunPlan | null> {
  try {
    return await ask('runs.plan', { dataset: row.dataset, recipe });
  } catch {
    return null;
  }
}

function readWidths({ layers }: RunHistory): LayerWidth[] {
  return layers.map(({ name, before, now }) => ({ name, before, after: now }));
}
