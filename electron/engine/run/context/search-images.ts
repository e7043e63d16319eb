import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { PixelCache, Splits } from '../../data/index.ts';

/** Of one class, each second validation image judges the networks of a search. */
const EVERY = 2;

/**
 * Divides the validation images of a run with a search: half of each class judge its networks and nothing else, so that the
 * other half, by which epochs are chosen, knows nothing of that choice. The first image of a class stays with the others.
 */
export function takeSearchImages<Data extends { readonly splits: Splits; readonly cache: Pick<PixelCache, 'labels'> }>(
  { search }: Pick<Recipe, 'search'>,
  data: Data,
): Data & { readonly searchImages: Int32Array } {
  const { splits, cache } = data;
  if (search.epochs === 0) return { ...data, searchImages: new Int32Array(0) };
  const seen = new Map<number, number>();
  const [judging, others]: [number[], number[]] = [[], []];
  for (const index of splits.validation) {
    const label = cache.labels[index]!;
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    (before % EVERY === EVERY - 1 ? judging : others).push(index);
  }
  return {
    ...data,
    splits: { ...splits, validation: Int32Array.from(others) },
    searchImages: Int32Array.from(judging),
  };
}
