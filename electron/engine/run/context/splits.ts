import type { Recipe } from '../../../../shared/run/recipe.ts';
import { usesUnlabelled } from '../../../../shared/run/without-labels.ts';
import { DecantError } from '../../core/errors.ts';
import type { DatasetId } from '../../core/ids.ts';
import {
  countImages,
  type Dataset,
  type DividedDataset,
  findCopies,
  listLabels,
  type PixelCache,
  type Splits,
  splitDataset,
} from '../../data/index.ts';
import { findSplit, type ReadableStore, replaceSplit, saveSplit, splitKey, splitSettings } from '../../store/index.ts';
import type { RunContext } from './run-context.ts';

/**
 * The splits that a run would have, made sure, as far as that can be told without reading an image, to have images of every class each.
 *
 * @throws DecantError `dataset.classes`, `recipe.invalid`
 */
export function planSplits(recipe: Recipe, dataset: DividedDataset): Splits {
  const labels = listLabels(dataset);
  const splits = splitDataset(dataset, splitSettings(recipe));
  checkClasses(dataset.classes, labels, splits);
  return splits;
}

export interface RememberedSplits {
  readonly splits: Splits;
  /** Images without labels that are left out, being copies of images that judge. */
  readonly copies: number;
}

/**
 * The splits that the store remembers for these settings, or new ones, which it then does. The cache forgets the labels that the
 * recipe takes away. Images without labels that nothing learns from are not compared with those that judge; the first run that
 * does learn from them does that.
 */
export async function rememberSplits(
  { recipe, store, signal }: Pick<RunContext, 'recipe' | 'store' | 'signal'>,
  id: DatasetId,
  dataset: Dataset,
  cache: PixelCache,
): Promise<RememberedSplits> {
  const key = splitKey(recipe);
  const uses = usesUnlabelled(recipe);
  const known = findSplit(store.db, id, key);
  if (known && !(uses && known.includes(CODES.notCompared))) return decodeSplits(known, cache, uses);
  const without = cache.broken.map(({ index }) => index);
  const splits = known
    ? decodeSplits(known, cache, uses).splits
    : splitDataset(dataset, { ...splitSettings(recipe), without });
  const wanted = { of: [splits.validation, splits.test], among: splits.unlabelled };
  const copies = uses ? await findCopies(dataset, cache, wanted, signal) : null;
  const assignment = encodeSplits(splits, copies, countImages(dataset));
  if (known) replaceSplit(store.db, id, key, assignment);
  else saveSplit(store.db, id, key, assignment);
  return decodeSplits(assignment, cache, uses);
}

/** How a run with this recipe divided its images; null where the store remembers no such run. */
export function findSplits({ db }: ReadableStore, id: DatasetId, recipe: Recipe, cache: PixelCache): Splits | null {
  const known = findSplit(db, id, splitKey(recipe));
  return known && decodeSplits(known, cache, usesUnlabelled(recipe)).splits;
}

/**
 * Every class must be there to be learned and to be judged.
 *
 * @throws DecantError `dataset.classes`
 */
export function checkClasses(classes: readonly string[], labels: Int32Array, splits: Splits): void {
  for (const split of ['train', 'validation', 'test'] as const) {
    const present = new Set(Array.from(splits[split], (index) => labels[index]!));
    const missing = classes.findIndex((_, label) => !present.has(label));
    if (missing < 0) continue;
    throw new DecantError(
      'dataset.classes',
      `The class "${classes[missing]}" has no readable image for the ${split} split; add images to it or remove its folder.`,
      { class: classes[missing], split },
    );
  }
}

const CODES = { train: 1, validation: 2, test: 3, unlabelled: 4, copy: 5, notCompared: 6 } as const;
const SPLIT_NAMES = ['train', 'validation', 'test', 'unlabelled'] as const;

/**
 * One byte an image: 0 unused, else the split's code, or that of a copy. Splits are in the order of the dataset.
 *
 * @param copies null: images without labels were not compared with others
 */
function encodeSplits(splits: Splits, copies: ReadonlySet<number> | null, images: number): Uint8Array {
  const assignment = new Uint8Array(images);
  for (const split of SPLIT_NAMES) for (const index of splits[split]) assignment[index] = CODES[split];
  if (copies === null) for (const index of splits.unlabelled) assignment[index] = CODES.notCompared;
  else for (const index of copies) assignment[index] = CODES.copy;
  return assignment;
}

/** @param uses whether there is anything to learn from images without labels; otherwise there are none, and no copies */
function decodeSplits(assignment: Uint8Array, cache: PixelCache, uses: boolean): RememberedSplits {
  const indices = cache.readable(Int32Array.from(assignment, (_, index) => index));
  const of = (...codes: readonly number[]) => indices.filter((index) => codes.includes(assignment[index]!));
  cache.hideLabels(of(CODES.unlabelled, CODES.notCompared));
  return {
    splits: {
      train: of(CODES.train),
      validation: of(CODES.validation),
      test: of(CODES.test),
      unlabelled: uses ? of(CODES.unlabelled, CODES.notCompared) : new Int32Array(),
    },
    copies: uses ? of(CODES.copy).length : 0,
  };
}
