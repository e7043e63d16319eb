import type { DatasetInspection } from '../../../../../shared/run/inspection.ts';
import type { Dataset } from '../../../data/index.ts';

const PER_CLASS = 8;

/** Indices of a few readable images of each class, evenly spread over it. */
export function chooseSamples(
  { classes, images }: Pick<Dataset, 'classes' | 'images'>,
  { unreadable }: Pick<DatasetInspection, 'unreadable'>,
): number[][] {
  const broken = new Set(unreadable.map(({ path }) => path));
  const byClass: number[][] = classes.map(() => []);
  for (const [index, { label, path }] of images.entries()) if (!broken.has(path)) byClass[label]!.push(index);
  return byClass.map((indices) => {
    const chosen = Math.min(PER_CLASS, indices.length);
    return Array.from({ length: chosen }, (_, i) => indices[Math.floor((i * indices.length) / chosen)]!);
  });
}
