import { formatPlural, formatPoints, formatPointsOnly, formatShare } from '../text/format.ts';
import { computePairedInterval } from './difference-interval.ts';
import type { Report } from './report.ts';

/** Whether a student was better for its teacher, in sentences for people. */
export interface DistillationEffect {
  readonly verdict: 'helped' | 'hurt' | 'unclear';
  /** The verdict, with the difference and its uncertainty. */
  readonly sentence: string;
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null;
  /** The two accuracies, and what the uncertainty is of. */
  readonly basis: string;
}

/** Compares the full student with the one that was trained without a teacher; null where a run has not both. */
export function describeDistillation({
  alone,
  baseline,
  recipe,
  dataset,
}: Pick<Report, 'alone' | 'baseline' | 'recipe' | 'dataset'>): DistillationEffect | null {
  if (!alone || baseline.top1 === null) return null;
  const { both, onlyTaught, onlyAlone, neither } = alone.images;
  const images = both + onlyTaught + onlyAlone + neither;
  const difference = images === 0 ? 0 : (onlyTaught - onlyAlone) / images;
  const [low, high] = computePairedInterval({ both, onlyA: onlyTaught, onlyB: onlyAlone, neither });
  const figures = `Test top-1: ${formatShare(baseline.top1)} with the teacher, ${formatShare(alone.top1)} without${recipe.student.head === 'teacher' ? ', which has a classifier of its own and another size' : ''}. The range is that of ${formatPlural(images, 'test image')} (95 % confidence); other seeds move it, too.`;
  const basis = [figures, describeUnlabelled({ recipe, dataset })].filter((part) => part !== null).join(' ');
  if (low > 0)
    return {
      verdict: 'helped',
      sentence: `Distillation helped: the full student is ${formatPointsOnly(difference)} points (${formatPointsOnly(low)} to ${formatPointsOnly(high)}) more accurate than one trained on labels alone.`,
      advice: null,
      basis,
    };
  if (high < 0)
    return {
      verdict: 'hurt',
      sentence: `Distillation hurt: the full student is ${formatPointsOnly(-difference)} points (${formatPointsOnly(-high)} to ${formatPointsOnly(-low)}) less accurate than one trained on labels alone.`,
      advice: `A strong teacher can do that to a small student; try ${recipe.distill.dist.weight > 0 ? '' : 'DIST (distill.dist), '}a lower weight, or labels alone.`,
      basis,
    };
  return {
    verdict: 'unclear',
    sentence: `No difference could be measured between the full student and one trained on labels alone: ${formatPoints(difference)} (${formatPointsOnly(low)} to +${formatPointsOnly(high)}).`,
    advice: null,
    basis,
  };
}

/** What the two learned from where only one of them learned without labels, too; null where both had the same images. */
function describeUnlabelled({
  recipe: { distill, pretrain },
  dataset: { images },
}: Pick<Report, 'recipe' | 'dataset'>): string | null {
  const used = distill.unlabelled.weight > 0 || pretrain.studentEpochs > 0;
  if (!used || images.unlabelled === 0) return null;
  return `Both learned from the same ${formatPlural(images.train, 'labelled image')}; only the one with the teacher also learned from ${formatPlural(images.unlabelled, 'image')} without labels, so the difference is what teacher and images bring together.`;
}
