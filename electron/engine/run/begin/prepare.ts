import { adviseBalance } from '../../../../shared/run/class-groups.ts';
import { usesUnlabelled } from '../../../../shared/run/without-labels.ts';
import { formatPlural } from '../../../../shared/text/format.ts';
import type { DatasetId } from '../../core/ids.ts';
import { type Dataset, preparePixels } from '../../data/index.ts';
import { type Store, saveDataset } from '../../store/index.ts';
import { countClasses } from '../context/batches.ts';
import type { CompressOptions } from '../context/compress-options.ts';
import type { KnownDataset, PreparedData } from '../context/prepared-data.ts';
import { cacheOptions, progressListener, type RunContext } from '../context/run-context.ts';
import { takeSearchImages } from '../context/search-images.ts';
import { checkClasses, rememberSplits } from '../context/splits.ts';

/** Makes a dataset known to the store, as what it was found to be. */
export function registerDataset(store: Store, dataset: Dataset, fingerprint: string, nowMs: number): DatasetId {
  const { name, path, classes, images } = dataset;
  return saveDataset(store.db, { name, path, fingerprint, classes, images: images.length }, nowMs);
}

/**
 * Brings all images to the recipe's size and divides them into splits, as they were divided before where the store
 * remembers it. The caller closes `cache`.
 *
 * @throws DecantError `dataset.classes` when broken images leave a class without any in a split
 */
export async function prepareData(
  context: RunContext,
  { id, dataset, fingerprint }: KnownDataset,
  { threads, cacheLimitBytes }: Pick<CompressOptions, 'threads' | 'cacheLimitBytes'>,
): Promise<PreparedData> {
  const { recipe, store, signal, listener } = context;
  const cache = await preparePixels(dataset, {
    inputSize: recipe.data.inputSize,
    unlabelled: usesUnlabelled(recipe),
    ...cacheOptions(store.home, cacheLimitBytes, listener),
    threads: threads ?? undefined,
    listener: progressListener(listener),
    signal,
  });
  try {
    for (const { path, reason } of cache.broken.slice(0, 5))
      listener({ type: 'warning.raised', message: `${path} was left out: ${reason}` });
    if (cache.broken.length > 5)
      listener({
        type: 'warning.raised',
        message: `${cache.broken.length - 5} more unreadable images were left out; "decant inspect" lists them.`,
      });
    const { splits, copies } = await rememberSplits(context, id, dataset, cache);
    if (copies > 0)
      listener({
        type: 'warning.raised',
        message: `${formatPlural(copies, 'unlabelled image')} left out, the same as a validation or test image or alike: learning from such images would make results look too good.`,
      });
    checkClasses(dataset.classes, cache.labels, splits);
    const advice = adviseBalance([...countClasses({ cache, splits, classes: dataset.classes })], recipe.balance);
    if (advice !== null) listener({ type: 'note.added', message: advice });
    const paths = dataset.images.map(({ path }) => path);
    const { name, classes } = dataset;
    return takeSearchImages(recipe, { name, fingerprint, classes, paths, cache, splits, broken: cache.broken });
  } catch (error) {
    await cache.close();
    throw error;
  }
}
