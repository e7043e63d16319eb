import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { Clock } from '../../core/clock.ts';
import { createRunId, type DatasetId, type RunId } from '../../core/ids.ts';
import type { Dataset } from '../../data/index.ts';
import { insertRun, type Store, saveWeightsFile, type WeightsFileRecord } from '../../store/index.ts';
import { checkRun } from './check-run.ts';
import { registerDataset } from './prepare.ts';
import { withAbsolutePaths } from './recipe-files.ts';
import { resolveWeights, type WeightsSource, withoutPublished } from './resolve-weights.ts';
import { fingerprintWeights } from './weights-files.ts';

/** A run that may begin, or start from the queue. */
export interface CheckedRun {
  /** As the user wrote it, its paths absolute: what is kept and reported. */
  readonly recipe: Recipe;
  /** With the paths of its weights: what is computed with. */
  readonly resolved: Recipe;
  readonly weights: readonly WeightsFileRecord[];
}

/**
 * Checks everything of a new run that can be checked without writing.
 *
 * @param options `published: 'later'`: published weights are neither fetched nor looked at
 * @throws the signal's reason; DecantError what `checkRun` and `resolveWeights` throw
 */
export async function checkNewRun(
  source: WeightsSource,
  given: Recipe,
  dataset: Dataset,
  { published }: { published: 'now' | 'later' },
): Promise<CheckedRun> {
  const recipe = withAbsolutePaths(given);
  const resolved = await resolveWeights(source, published === 'now' ? recipe : withoutPublished(recipe));
  await checkRun(source.home, resolved, dataset);
  return { recipe, resolved, weights: await fingerprintWeights(resolved) };
}

/** What a run begins with besides its recipe. */
export interface RunBeginning {
  /** Known to the store, or to be made known. */
  readonly dataset: DatasetId | { readonly dataset: Dataset; readonly fingerprint: string };
  /** By default made from the dataset's name and the time. */
  readonly name?: string | undefined;
  /** The run that it was started again from. */
  readonly basedOn?: string | null | undefined;
  readonly clock: Clock;
}

/** Begins a checked run: from now on the store has it, and it waits until somebody takes it up. */
export function beginRun(store: Store, { recipe, weights }: CheckedRun, beginning: RunBeginning): RunId {
  const { dataset, name, basedOn, clock } = beginning;
  const nowMs = clock.now();
  const id = createRunId(nowMs, () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32);
  store.db.transaction(() => {
    const known =
      typeof dataset === 'string' ? dataset : registerDataset(store, dataset.dataset, dataset.fingerprint, nowMs);
    insertRun(store.db, { id, dataset: known, recipe, name, basedOn, state: 'stopped' }, nowMs);
    for (const file of weights) saveWeightsFile(store.db, id, file);
  })();
  return id;
}
