import type { Recipe } from '../../../../../shared/run/recipe.ts';
import type { Clock } from '../../../core/clock.ts';
import type { DatasetId, RunId } from '../../../core/ids.ts';
import type { Dataset } from '../../../data/index.ts';
import { putInQueue, type Store, writeRunRecord } from '../../../store/index.ts';
import { beginRun, checkNewRun } from '../../begin/begin-run.ts';

export interface NewQueuedRun {
  readonly dataset: DatasetId;
  readonly recipe: Recipe;
  readonly name?: string | undefined;
  /** The run that it was started again from. */
  readonly basedOn?: string | null | undefined;
}

/**
 * Begins a run and puts it at the end of the queue. Published weights are fetched, and all is checked again, when its turn
 * comes.
 *
 * @param opened the run's dataset
 * @throws DecantError what `checkNewRun` throws; nothing is written then
 */
export async function queueRun(
  store: Store,
  { dataset, recipe, name, basedOn }: NewQueuedRun,
  opened: Dataset,
  clock: Clock,
): Promise<RunId> {
  const source = { home: store.home, signal: new AbortController().signal, listener: () => undefined };
  const checked = await checkNewRun(source, recipe, opened, { published: 'later' });
  const run = store.db.transaction(() => {
    const id = beginRun(store, checked, { dataset, name, basedOn, clock });
    putInQueue(store.db, id);
    return id;
  })();
  writeRunRecord(store, run);
  return run;
}
