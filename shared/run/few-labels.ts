import { formatNumber, formatPlural } from '../text/format.ts';
import type { DatasetInspection } from './inspection.ts';
import type { Recipe } from './recipe.ts';

/** From so many training images of a class on, labels alone go a long way. */
const ENOUGH_LABELS = 50;
/** Fewer images without labels than this, as a share of those with labels, add next to nothing. */
const WORTHWHILE = 0.1;

/** What there is to learn from. */
export interface LabelCount {
  readonly classes: number;
  /** Training images with labels. */
  readonly labelled: number;
  readonly unlabelled: number;
}

/** What a dataset has, where its folders make no splits all labelled images. */
export function countLabels({ classes, splits, hasSplits, images, unlabelled }: DatasetInspection): LabelCount {
  const labelled = hasSplits ? (splits.train ?? 0) : images;
  return { classes: classes.length, labelled, unlabelled: unlabelled.images };
}

/**
 * What to do where many images have no label, or few have one, in one sentence; null where nothing is to be done.
 *
 * @param done what a recipe does already
 */
export function adviseFewLabels(
  { classes, labelled, unlabelled }: LabelCount,
  done?: Pick<Recipe, 'pretrain' | 'distill'>,
): string | null {
  if (
    done &&
    (done.pretrain.teacherEpochs > 0 || done.pretrain.studentEpochs > 0 || done.distill.unlabelled.weight > 0)
  )
    return null;
  if (classes < 2) return null;
  if (unlabelled > 0 && unlabelled >= WORTHWHILE * labelled)
    return `The networks can learn from ${formatPlural(unlabelled, 'image')} without labels, too: choose the preset “Few labels”, or set pretrain.teacherEpochs, pretrain.studentEpochs and distill.unlabelled.weight.`;
  return labelled < ENOUGH_LABELS * classes
    ? `The training images are few, ${formatNumber(Math.floor(labelled / classes), 2)} per class: the preset “Few labels” (pretrain.teacherEpochs, pretrain.studentEpochs) makes more of them, best with more images in a folder “unlabelled”.`
    : null;
}
