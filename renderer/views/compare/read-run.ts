import type { AppRun, RunHistory, RunPlan } from '../../../shared/ipc/topics/runs.ts';
import { ask } from '../../bridge.ts';
import type { LayerWidth } from '../../charts/layer-widths.ts';
import { type Contender, listContenders } from './contenders.ts';

/** A run as this screen shows it. */
export interface ShownRun {
  readonly run: AppRun;
  readonly contenders: readonly Contender[];
  readonly layers: readonly LayerWidth[];
}

/** Asks for all that is known of a run: its report, or the plan and what it trained so far. */
export async function readRun(id: string): Promise<ShownRun> {
  const run = await ask('runs.show', { run: id });
  const { report } = run.detail;
  if (report) return { run, contenders: listContenders(run, { plan: null, history: null }), layers: report.layers };
  const [plan, history] = await Promise.all([readPlan(run), ask('runs.history', { run: id })]);
  return {
    run,
    contenders: listContenders(run, { plan, history }),
    layers: readWidths(history),
  };
}

/** Null where it cannot be told, as when the dataset is gone: the rest of the page does without. */
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
