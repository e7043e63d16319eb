import { formatPlural, formatShare } from '../../../../shared/text/format.ts';
import type { Network } from '../../model/index.ts';
import { fits } from '../../prune/index.ts';
import { selectCuts } from '../../store/index.ts';
import { countCost, openLatency, resolveBudget } from '../context/budget.ts';
import type { RunContext } from '../context/run-context.ts';

/** Whether a student that is being cut keeps the goal, on validation images; plain data, for checkpoints. */
export interface GoalWatch {
  /** Whether it ever did. */
  readonly met: boolean;
  /** Whether it did once, and after a cut does not any more. */
  readonly lost: boolean;
}

export const NOT_WATCHED: GoalWatch = { met: false, lost: false };

/**
 * What an epoch's validation says. A student that has not come to the goal yet, as one that began from scratch at a high learning
 * rate, has nothing to lose; one that falls short by no more than a standard error may not have lost it.
 *
 * @param least top-1 of the goal
 * @param images validation images
 */
export function watchGoal(
  { met }: GoalWatch,
  { top1, least, images, isCut }: { top1: number; least: number; images: number; isCut: boolean },
): GoalWatch {
  if (top1 >= least) return { met: true, lost: false };
  const standardError = Math.sqrt((least * (1 - least)) / images);
  return { met, lost: met && isCut && top1 < least - standardError };
}

/** What a report says where a student is larger than its budget because cutting would have cost the goal. */
export function noteCutsLeftOut(
  context: Pick<RunContext, 'recipe' | 'store' | 'id' | 'latency'>,
  { full, student }: { full: Network; student: Network },
): string[] {
  const { goal, prune } = context.recipe;
  const size = countCost(student, openLatency(context, full));
  const meets = fits(size, resolveBudget(context, full));
  const made = selectCuts(context.store.db, context.id).length;
  if (!goal.stopCutting || made >= prune.steps || meets) return [];
  return [
    `The student does not meet its budget: of ${formatPlural(prune.steps, 'cut')} ${made} ${made === 1 ? 'was' : 'were'} made, after which it no longer kept ${formatShare(goal.retention)} of the teacher’s accuracy on the validation images.`,
  ];
}
