import { DecantError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Dataset, DatasetImage, Split } from './dataset.ts';

export interface SplitOptions {
  /** Share of the training images held out for validation if the dataset has no validation split. */
  validation: number;
  /** Share of all images held out for testing if the dataset has no test split. */
  test: number;
  /** At most this many images for training and, where it is drawn from them, validation; null: all. */
  limit: number | null;
  seed: number;
  /** How many times as many training images the first class keeps as the last, along an exponential; default: 1, all. */
  imbalance?: number;
  /** At most this many labels a class for training, and as many for validation where it is drawn; null: all. */
  labels?: number | null;
  /** Whether images without labels serve as well; default: yes. */
  unlabelled?: boolean;
  /** Indices that are left out, such as those of broken images. */
  without?: Iterable<number>;
}

/** Indices of images, ascending; no index is in two of them. */
export interface Splits {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
  /** For training without their labels: they have none, or `labels` takes it from them. */
  unlabelled: Int32Array;
}

/**
 * Decides which image serves what. Splits that the dataset's folders state are kept; a missing one is drawn, seeded and
 * stratified: every class gives its share, at least one image, and keeps at least one. A class's draw depends on the
 * seed, its name and its own images only. With an `imbalance`, images are left out of training alone, classes in their order
 * having ever fewer.
 *
 * With `labels`, the first so many images of each class train with their label, and the rest join those without. Images that
 * validate are labels too: of a validation split that is drawn, the first so many stay. Fewer labels are always a part of more,
 * and the test images are the same with any number.
 *
 * @throws DecantError `dataset.classes` when there are no classes, or one has too few images for that or none left in a stated
 * split, `recipe.invalid` when `limit` is too small for the number of classes
 */
export function splitDataset(
  dataset: DividedDataset,
  { validation, test, limit, seed, imbalance = 1, labels = null, unlabelled = true, without = [] }: SplitOptions,
): Splits {
  if (dataset.classes.length === 0)
    throw new DecantError(
      'dataset.classes',
      `The dataset has ${dataset.unlabelled.length} images and no labels, but a classifier learns its classes from labels; add a folder with a few labelled images for each class, beside a folder "unlabelled" with the rest.`,
      { unlabelled: dataset.unlabelled.length },
    );
  const random = new Random(seed).fork('split');
  const leftOut = new Set(without);
  const groups = groupByClass(dataset, leftOut);
  const stated = (split: Split) => dataset.hasSplits && dataset.images.some((image) => image.split === split);
  const testStated = stated('test');
  const validationStated = stated('validation');
  const needed = 1 + (testStated ? 0 : 1) + (validationStated ? 0 : 1);

  let pools = groups.map(({ name, train, unsplit }) => {
    const pool = dataset.hasSplits ? train : unsplit;
    if (pool.length < needed)
      throw new DecantError(
        'dataset.classes',
        `Class "${name}" has ${pool.length} image${pool.length === 1 ? '' : 's'} to train on but needs at least ${needed}, one for each split; add images or remove the class.`,
        { name, images: pool.length, needed },
      );
    return { name, order: random.fork('order', name).shuffle(pool.slice()) };
  });
  const result: Record<keyof Splits, number[]> = { train: [], validation: [], test: [], unlabelled: [] };
  if (testStated) for (const group of groups) append(result.test, group.test);
  else
    pools = holdOut(pools, test, validationStated ? 1 : 2).map(({ name, held, left }) => {
      append(result.test, held);
      return { name, order: left };
    });
  if (limit !== null) pools = limitPools(pools, limit, validationStated ? 1 : 2);
  if (validationStated) for (const group of groups) append(result.validation, group.validation);
  else {
    const held = holdOut(pools, validation, 1);
    keepLabels(
      held.map((pool) => pool.held),
      labels,
      { kept: result.validation, others: result.unlabelled },
    );
    pools = held.map(({ name, left }) => ({ name, order: left }));
  }
  const training = makeLongTailed(pools, imbalance).map(({ order }) => order);
  keepLabels(training, labels, { kept: result.train, others: result.unlabelled });
  const first = dataset.images.length;
  for (let index = first; index < first + dataset.unlabelled.length; index++)
    if (!leftOut.has(index)) result.unlabelled.push(index);
  return {
    train: sortIndices(result.train),
    validation: sortIndices(result.validation),
    test: sortIndices(result.test),
    unlabelled: sortIndices(unlabelled ? result.unlabelled : []),
  };
}

/** What has to be known of a dataset to divide it. */
export type DividedDataset = Pick<Dataset, 'classes' | 'images' | 'hasSplits'> & {
  readonly unlabelled: { readonly length: number };
};

interface ClassImages {
  name: string;
  train: number[];
  validation: number[];
  test: number[];
  unsplit: number[];
}

interface Pool {
  name: string;
  /** Indices in the class's drawn order. */
  order: number[];
}

function groupByClass(dataset: { classes: string[]; images: readonly DatasetImage[] }, without: Set<number>) {
  const groups: ClassImages[] = dataset.classes.map((name) => ({
    name,
    train: [],
    validation: [],
    test: [],
    unsplit: [],
  }));
  for (const [index, { label, split }] of dataset.images.entries())
    if (!without.has(index)) groups[label]![split ?? 'unsplit'].push(index);
  return groups;
}

/** Holds out a share of every class (at least 1 image), leaving at least `keep`. */
function holdOut(pools: Pool[], share: number, keep: number): { name: string; held: number[]; left: number[] }[] {
  return pools.map(({ name, order }) => {
    const count = Math.max(1, Math.min(Math.round(order.length * share), order.length - keep));
    return { name, held: order.slice(0, count), left: order.slice(count) };
  });
}

/** The first `labels` images of each class to `kept`, the rest to `others`; null: all are kept. */
function keepLabels(
  classes: readonly (readonly number[])[],
  labels: number | null,
  { kept, others }: { kept: number[]; others: number[] },
): void {
  for (const order of classes) {
    append(kept, labels === null ? order : order.slice(0, labels));
    if (labels !== null) append(others, order.slice(labels));
  }
}

/** Cuts the classes to `limit` images in all, in proportion (largest remainders), at least `floor` of each. */
function limitPools(pools: Pool[], limit: number, floor: number): Pool[] {
  const total = pools.reduce((sum, { order }) => sum + order.length, 0);
  if (limit >= total) return pools;
  if (limit < floor * pools.length)
    throw new DecantError(
      'recipe.invalid',
      `data.limit is ${limit}; ${pools.length} classes need at least ${floor * pools.length} images, ${floor} of each.`,
      { limit, classes: pools.length },
    );
  const shares = pools.map(({ order }) => (limit * order.length) / total);
  const counts = shares.map((share) => Math.max(floor, Math.floor(share)));
  const byRemainder = shares.map((_, i) => i).sort((a, b) => (shares[b]! % 1) - (shares[a]! % 1) || a - b);
  let spare = limit - counts.reduce((sum, count) => sum + count, 0);
  for (let i = 0; spare > 0; i = (i + 1) % pools.length) {
    const pool = byRemainder[i]!;
    if (counts[pool]! >= pools[pool]!.order.length) continue;
    counts[pool]!++;
    spare--;
  }
  while (spare < 0) {
    // Floors raised small classes: the largest give it back.
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest]!--;
    spare++;
  }
  return pools.map(({ name, order }, i) => ({ name, order: order.slice(0, counts[i]) }));
}

/** Class i of n keeps m · imbalance^(-i / (n - 1)) images, m those of the largest class, as far as it has them (Cui et al. 2019, section 5). */
function makeLongTailed(pools: Pool[], imbalance: number): Pool[] {
  if (imbalance === 1 || pools.length < 2) return pools;
  const largest = Math.max(...pools.map(({ order }) => order.length));
  return pools.map(({ name, order }, i) => {
    const wanted = Math.round(largest * imbalance ** (-i / (pools.length - 1)));
    return { name, order: order.slice(0, Math.max(1, wanted)) };
  });
}

function sortIndices(indices: number[]): Int32Array {
  return Int32Array.from(indices).sort();
}

/** As `push(...)`, which overflows the stack with very many items. */
function append(target: number[], items: readonly number[]): void {
  for (const item of items) target.push(item);
}
