import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Clock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import { createRunId, type DatasetId, type RunId } from '../core/ids.ts';
import { openDataset } from '../data/index.ts';
import { findDataset, insertRun, putInQueue, type Store } from '../store/index.ts';
import { checkRun } from './check-run.ts';
import { isPublished, resolveWeights, withAbsolutePaths } from './resolve-weights.ts';

export interface QueueOptions {
  /** A dataset that the store knows. */
  readonly dataset: string;
  readonly recipe: Recipe;
  readonly name?: string | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Checks a new run as `compress` does, and puts it at the end of the queue. Published weights are fetched, and checked,
 * when its turn comes.
 *
 * @throws DecantError `dataset.missing`, and what `checkRun` and `resolveWeights` throw; nothing is written then
 */
export async function queueRun(store: Store, options: QueueOptions): Promise<RunId> {
  const { recipe, name, signal, clock } = options;
  const known = findDataset(store.db, options.dataset as DatasetId); // Whether it is one is told by the store.
  if (!known)
    throw new DecantError('dataset.missing', `There is no dataset ${options.dataset}; add its folder or .zip again.`, {
      dataset: options.dataset,
    });
  const kept = withAbsolutePaths(recipe);
  const dataset = await openDataset(known.path, { signal });
  try {
    if ((await dataset.fingerprint(signal)) !== known.fingerprint)
      throw new DecantError(
        'dataset.missing',
        `The images of ${known.path} have changed since it was added; read it again, then start the run.`,
        { path: known.path },
      );
    const source = { home: store.home, signal, listener: () => undefined };
    await checkRun(await resolveWeights(source, withoutPublished(kept)), dataset);
  } finally {
    await dataset.close();
  }
  const id = createRunId(clock.now(), () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32);
  store.db.transaction(() => {
    insertRun(store.db, { id, dataset: known.id, recipe: kept, name, state: 'stopped' }, clock.now());
    putInQueue(store.db, id);
  })();
  return id;
}

function withoutPublished(recipe: Recipe): Recipe {
  const without = <Network extends Recipe['teacher']>(network: Network): Network =>
    network.weights !== null && isPublished(network.weights) ? { ...network, weights: null } : network;
  return { ...recipe, teacher: without(recipe.teacher), student: without(recipe.student) };
}
