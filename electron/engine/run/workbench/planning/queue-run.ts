import type { Recipe } from '../../../../../shared/run/recipe.ts';
import type { Clock } from '../../../core/clock.ts';
import { createRunId, type DatasetId, type RunId } from '../../../core/ids.ts';
import type { Dataset } from '../../../data/index.ts';
import { insertRun, putInQueue, type Store } from '../../../store/index.ts';
import { checkRun } from '../../begin/check-run.ts';
import { isPublished, resolveWeights, withAbsolutePaths } from '../../begin/resolve-weights.ts';

export interface NewQueuedRun {
  readonly dataset: DatasetId;
  readonly recipe: Recipe;
  readonly name?: string | undefined;
}

/**
 * Checks a new run as `compress` does, and puts it at the end of the queue. Published weights are fetched, and checked,
 * when its turn comes.
 *
 * @param opened the run's dataset
 * @throws DecantError what `checkRun` and `resolveWeights` throw; nothing is written then
 */
export async function queueRun(store: Store, run: NewQueuedRun, opened: Dataset, clock: Clock): Promise<RunId> {
  const recipe = withAbsolutePaths(run.recipe);
  const source = { home: store.home, signal: new AbortController().signal, listener: () => undefined };
  await checkRun(await resolveWeights(source, withoutPublished(recipe)), opened);
  const id = createRunId(clock.now(), () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32);
  store.db.transaction(() => {
    insertRun(store.db, { ...run, id, recipe, state: 'stopped' }, clock.now());
    putInQueue(store.db, id);
  })();
  return id;
}

function withoutPublished(recipe: Recipe): Recipe {
  const without = <Network extends Recipe['student']>(network: Network): Network =>
    network.weights !== null && isPublished(network.weights) ? { ...network, weights: null } : network;
  return { ...recipe, teacher: without(recipe.teacher), student: without(recipe.student) };
}
