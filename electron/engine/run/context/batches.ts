import { Random } from '../../core/random.ts';
import { type Batch, batches, countBatches, drawBalanced, NO_LABEL } from '../../data/index.ts';
import type { ImageView, TrainingBatch } from '../../teacher/index.ts';
import { augmentationSeed, nameViews } from './image-views.ts';
import type { PreparedData } from './prepared-data.ts';
import type { RunContext } from './run-context.ts';
import type { RunControl } from './run-control.ts';
import { listWithoutLabels } from './without-labels.ts';

type Images = Pick<PreparedData, 'cache' | 'splits' | 'classes'>;
type KnownImages = Images & Pick<PreparedData, 'fingerprint'>;

/** Images evaluated per batch. */
const EVALUATION_BATCH = 128;

/** Training batch in images: the recipe's, or all images where there are fewer. */
export function batchSize({ recipe }: Pick<RunContext, 'recipe'>, { splits }: Pick<PreparedData, 'splits'>): number {
  return Math.min(recipe.train.batch, splits.train.length);
}

/** Full batches in one epoch of the training split. */
export function batchesPerEpoch(context: Pick<RunContext, 'recipe'>, data: Pick<PreparedData, 'splits'>): number {
  return Math.floor(data.splits.train.length / batchSize(context, data));
}

/**
 * Batches `[firstBatch, endBatch)` of an epoch, augmented. `purpose` names the stream: student and baseline share one, so
 * that they see the same images in the same order. With `secondView` each batch also has its images augmented once more.
 * With `views` augmentations repeat after so many epochs, and are those of every run of the same images; the order is not. A
 * `balanced` epoch has as many images of each class. With `unlabelled` each batch also has other images, whose labels play no
 * part.
 */
export async function* trainingBatches(
  context: Pick<RunContext, 'recipe' | 'random'>,
  data: KnownImages,
  options: Stretch & Repetition & Choice,
): AsyncGenerator<Batch & TrainingBatch, void, void> {
  const { secondView = false, views: repeatAfter = null, balanced = false, unlabelled = null, ...stretch } = options;
  const views = nameViews(context.recipe, { views: repeatAfter, epoch: stretch.epoch });
  const read = (place: 0 | 1) => readView(context, data, stretch, { place, view: views?.[place] ?? null, balanced });
  const own = secondView ? joinViews(read(0), read(1)) : read(0);
  const all = unlabelled ? joinUnlabelled(own, readUnlabelled(context, data, stretch, unlabelled)) : own;
  for await (const batch of all) yield views ? { ...batch, views } : batch;
}

/**
 * The same for a line that reads no labels: what its batches show is `unlabelled` itself, and nothing tells what they show. `data`
 * is as `dressForLine` gave it.
 */
export async function* batchesWithoutLabels(
  context: Pick<RunContext, 'recipe' | 'random'>,
  data: KnownImages,
  options: Stretch & Repetition & Pick<Choice, 'secondView'>,
): AsyncGenerator<Batch & TrainingBatch, void, void> {
  for await (const batch of trainingBatches(context, data, options))
    yield { ...batch, targets: batch.targets.fill(0), labels: batch.labels.fill(NO_LABEL), unlabelled: 'own' };
}

interface Choice {
  readonly secondView?: boolean;
  readonly balanced?: boolean;
  readonly unlabelled?: UnlabelledShare | null;
}

/** Images without labels for each labelled one, and whether they are mixed with each other. */
interface UnlabelledShare {
  readonly share: number;
  readonly mixup: boolean;
}

interface Repetition {
  readonly views?: number | null;
}

interface Stretch {
  readonly purpose: string;
  readonly epoch: number;
  readonly firstBatch: number;
  readonly endBatch: number;
}

function readView(
  context: Pick<RunContext, 'recipe' | 'random'>,
  data: KnownImages,
  { purpose, epoch, firstBatch, endBatch }: Stretch,
  { place, view, balanced }: { place: 0 | 1; view: ImageView | null; balanced: boolean },
): AsyncGenerator<Batch, void, void> {
  const random = context.random.fork('batches', purpose);
  const augmentFrom =
    typeof view === 'number'
      ? { random: new Random(augmentationSeed(context.recipe, data.fingerprint)), epoch: view }
      : { random: place === 0 ? random : random.fork('view', place), epoch };
  const { cache, splits, classes } = data;
  const images = balanced
    ? drawBalanced(splits.train, cache.labels, classes.length, random.fork('balanced', epoch))
    : splits.train;
  return batches(cache, images, {
    batch: batchSize(context, data),
    classes: classes.length,
    augmentation: context.recipe.data.augmentation,
    random,
    augmentFrom,
    epoch,
    shuffle: true,
    dropRemainder: true,
    firstBatch,
    endBatch,
  });
}

async function* joinViews(first: AsyncGenerator<Batch>, second: AsyncGenerator<Batch>) {
  try {
    for await (const batch of first) {
      const { value } = await second.next();
      yield { ...batch, secondView: (value as Batch).images }; // Both streams have the same batches.
    }
  } finally {
    await second.return(undefined);
  }
}

/** One batch of images without labels for each batch of the stretch; what was not in an epoch yet comes in the next. */
async function* readUnlabelled(
  { recipe, random }: Pick<RunContext, 'recipe' | 'random'>,
  data: KnownImages,
  { purpose, epoch, firstBatch, endBatch }: Stretch,
  { share, mixup }: UnlabelledShare,
): AsyncGenerator<Batch, void, void> {
  const images = listWithoutLabels(data.splits);
  const labelled = batchSize({ recipe }, data);
  const batch = Math.max(1, Math.min(images.length, Math.round(share * labelled)));
  const perPass = countBatches(images.length, batch, true);
  const start = epoch * Math.floor(data.splits.train.length / labelled);
  for (let next = start + firstBatch; next < start + endBatch; ) {
    const pass = Math.floor(next / perPass);
    const end = Math.min(start + endBatch, (pass + 1) * perPass);
    yield* batches(data.cache, images, {
      batch,
      classes: data.classes.length,
      augmentation: { ...recipe.data.augmentation, mixup: mixup ? 1 : 0, cutmix: 0 },
      random: random.fork('unlabelled', purpose),
      epoch: pass,
      shuffle: true,
      dropRemainder: true,
      firstBatch: next % perPass,
      endBatch: end - pass * perPass,
    });
    next = end;
  }
}

async function* joinUnlabelled(own: AsyncGenerator<Batch & TrainingBatch>, others: AsyncGenerator<Batch>) {
  try {
    for await (const batch of own) {
      const { images, size } = (await others.next()).value as Batch; // There is one for each.
      yield { ...batch, unlabelled: { images, size } };
    }
  } finally {
    await others.return(undefined);
  }
}

/** Training images of each class `[classes]`. */
export function countClasses({ cache, splits, classes }: Images): Float32Array {
  const counts = new Float32Array(classes.length);
  for (const index of splits.train) counts[cache.labels[index]!]!++;
  return counts;
}

/** The same batches, each when the run is not paused, until the signal is aborted. @throws the signal's reason */
export async function* untilStopped<T>(
  batches: AsyncIterable<T>,
  { signal, control }: { signal: AbortSignal; control?: RunControl },
): AsyncGenerator<T, void, void> {
  for await (const batch of batches) {
    await control?.pass(signal);
    signal.throwIfAborted();
    yield batch;
  }
}

/** The same batches, each when the run is not paused, as long as more are wanted. */
export async function* whileWanted<T>(
  batches: AsyncIterable<T>,
  { signal, control }: { signal: AbortSignal; control: RunControl },
  wanted: () => boolean,
): AsyncGenerator<T, void, void> {
  for await (const batch of batches) {
    await control.pass(signal);
    if (!wanted()) return;
    yield batch;
  }
}

/** Some images as they are, in their order. */
export function evaluationBatches(
  context: Pick<RunContext, 'random'>,
  data: Pick<Images, 'cache' | 'classes'>,
  indices: Int32Array,
): AsyncIterable<Batch> {
  return batches(data.cache, indices, {
    batch: EVALUATION_BATCH,
    classes: data.classes.length,
    augmentation: null,
    random: context.random,
    epoch: 0,
    shuffle: false,
  });
}

/** At most `limit` of the indices, evenly spread over their order, which is by class. */
export function spread(indices: Int32Array, limit: number): Int32Array {
  if (indices.length <= limit) return indices;
  return Int32Array.from({ length: limit }, (_, i) => indices[Math.floor((i * indices.length) / limit)]!);
}
