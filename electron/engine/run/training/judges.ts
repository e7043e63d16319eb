import type { Judge } from '../../../../shared/run/stages.ts';
import { evaluate } from '../../measure/index.ts';
import type { Network, Parameters } from '../../model/index.ts';
import { evaluationBatches, untilStopped } from '../context/batches.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';

export interface Verdict {
  /** Share of images guessed right: the higher, the better the network. */
  readonly top1: number;
  /** Mean cross-entropy; null for a judge that has none. */
  readonly loss: number | null;
}

/**
 * Judges a network after an epoch, and changes nothing about it.
 *
 * @throws the signal's reason when it is aborted
 */
type Judgement = (
  context: RunContext,
  data: PreparedData,
  model: { readonly network: Network; readonly parameters: Parameters },
) => Promise<Verdict>;

/** What may judge a stage; another judge is its name in `shared/run/stages.ts` and one line here. */
export const JUDGES: Readonly<Record<Judge, Judgement>> = {
  validation: (context, data, model) => {
    const images = evaluationBatches(context, data, data.splits.validation);
    return evaluate({ ...model, batches: untilStopped(images, context) });
  },
};
