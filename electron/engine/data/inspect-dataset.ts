import { measureImbalance } from '../../../shared/run/class-groups.ts';
import type { DatasetInspection } from '../../../shared/run/inspection.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type ProgressListener, ProgressMeter } from '../core/progress.ts';
import { countImages, type Dataset } from './dataset.ts';
import { decodeAll } from './decode-pool.ts';
import { ExaminedImages } from './examined-images.ts';
import { inspectUnlabelled } from './inspect-unlabelled.ts';
import { listNearLeaks } from './near-leaks.ts';

/** Fewer readable images than this of a class in training (or unsplit) can hardly be learnt. */
const WANTED_TO_LEARN = 20;
/** Fewer than this in a test split give no meaningful figure. */
const WANTED_TO_MEASURE = 5;

/**
 * Reads and decodes every image once and says what the dataset holds and what is wrong with it.
 *
 * @throws DecantError `dataset.unreadable` or `dataset.changed` for a file that cannot be read now or has changed; the
 * signal's reason when it is aborted
 */
export async function inspectDataset(
  dataset: Dataset,
  { listener, signal, clock = systemClock }: { listener?: ProgressListener; signal?: AbortSignal; clock?: Clock } = {},
): Promise<DatasetInspection> {
  const meter = new ProgressMeter({
    stage: 'inspect',
    total: countImages(dataset),
    unit: 'images',
    clock,
    listener: listener ?? (() => undefined),
  });
  const examined = new ExaminedImages(countImages(dataset), {
    looks: dataset.unlabelled.length > 0 || dataset.hasSplits,
  });
  await decodeAll(dataset, {
    inputSize: null,
    looks: examined.looks !== null,
    ...(signal && { signal }),
    receive({ first, images }) {
      for (const [i, image] of images.entries()) examined.set(first + i, image);
      meter.advance(images.length);
    },
  });
  return summarize(dataset, examined);
}

function summarize(dataset: Dataset, examined: ExaminedImages): DatasetInspection {
  const classes = dataset.classes.map((name) => ({ name, images: 0, splits: {} as Record<string, number> }));
  const splits: Record<string, number> = {};
  const unreadable: DatasetInspection['unreadable'] = [];
  for (const [index, { path, label, split }] of dataset.images.entries()) {
    const reason = examined.broken.get(index);
    if (reason !== undefined) {
      unreadable.push({ path, reason });
      continue;
    }
    const name = split ?? 'unsplit';
    const counted = classes[label]!;
    counted.images++;
    counted.splits[name] = (counted.splits[name] ?? 0) + 1;
    splits[name] = (splits[name] ?? 0) + 1;
  }
  const same = examined.sameContent();
  const isLabelled = (index: number) => index < dataset.images.length;
  const groups = same.map((group) => group.filter(isLabelled)).filter((group) => group.length > 1);
  const differ = (group: number[], key: (index: number) => unknown) => new Set(group.map(key)).size > 1;
  const toPaths = (group: number[]) => group.map((index) => dataset.images[index]!.path);
  const counts = classes.map((entry) => entry.images);
  return {
    name: dataset.name,
    images: counts.reduce((sum, count) => sum + count, 0),
    hasSplits: dataset.hasSplits,
    classes,
    splits,
    imbalance: measureImbalance(counts),
    sizes: countSizes([...examined.sides()]),
    unreadable,
    duplicates: groups.map(toPaths),
    leaks: groups.filter((group) => differ(group, (index) => dataset.images[index]!.split)).map(toPaths),
    nearLeaks: listNearLeaks(dataset, examined, groups),
    conflicts: groups.filter((group) => differ(group, (index) => dataset.images[index]!.label)).map(toPaths),
    tooFew: findSmallClasses(classes, dataset.hasSplits),
    unlabelled: inspectUnlabelled(dataset, examined, same),
    ignored: dataset.ignored,
  };
}

function findSmallClasses(classes: DatasetInspection['classes'], hasSplits: boolean): DatasetInspection['tooFew'] {
  const small: DatasetInspection['tooFew'] = [];
  const hasTest = classes.some((entry) => entry.splits.test !== undefined);
  for (const { name, splits } of classes) {
    const training = splits[hasSplits ? 'train' : 'unsplit'] ?? 0;
    if (training < WANTED_TO_LEARN) small.push({ name, images: training, wanted: WANTED_TO_LEARN });
    else if (hasTest && (splits.test ?? 0) < WANTED_TO_MEASURE)
      small.push({ name, images: splits.test ?? 0, wanted: WANTED_TO_MEASURE });
  }
  return small;
}

/** Histogram with the edges 1, 2, 4, … pixels, and 16, 24, 32, 48, 64, 96 … where most images lie; empty ends left out. */
function countSizes(sides: readonly number[]): DatasetInspection['sizes'] {
  if (sides.length === 0) return [];
  const edges = [1, 2, 4, 8];
  for (let edge = 16; edge <= 2 ** 28; edge *= 2) edges.push(edge, edge * 1.5);
  const bins = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]!, images: 0 }));
  for (const side of sides) bins.find((bin) => side < bin.to)!.images++;
  const filled = bins.flatMap((bin, i) => (bin.images > 0 ? [i] : []));
  return bins.slice(filled[0], filled.at(-1)! + 1);
}
