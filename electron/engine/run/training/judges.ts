import type { EmbeddingFigures } from '../../../../shared/run/report.ts';
import type { Judge } from '../../../../shared/run/stages.ts';
import { batches } from '../../data/index.ts';
import {
  embedImages,
  evaluate,
  fitProbe,
  measureAlignment,
  measureDeviation,
  measureNeighbours,
  measureProbe,
  measureUniformity,
} from '../../measure/index.ts';
import type { Network, Parameters } from '../../model/index.ts';
import { evaluationBatches, spread, untilStopped } from '../context/batches.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';

/** Labelled training images, and validation images, whose embeddings are looked at, at most. */
export const MOST_KNOWN = 5000;
const MOST_ASKED = 2000;
/** Validation images that are shown in two views, at most, and how many at a time. */
const MOST_VIEWED = 512;
const VIEWED_AT_ONCE = 128;

export interface Verdict {
  /** Share of images guessed right: the higher, the better the network. */
  readonly top1: number;
  /** Mean cross-entropy; null for a judge that has none. */
  readonly loss: number | null;
  /** What embeddings are worth; null for a judge that does not look at them. */
  readonly embedding: EmbeddingFigures | null;
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
  validation: async (context, data, model) => {
    const images = evaluationBatches(context, data, data.splits.validation);
    const { top1, loss } = await evaluate({ ...model, batches: untilStopped(images, context) });
    return { top1, loss, embedding: null };
  },
  neighbours: async (context, data, model) => {
    const embed = (indices: Int32Array) =>
      embedImages(model, untilStopped(evaluationBatches(context, data, indices), context));
    const known = await embed(spread(data.splits.train, MOST_KNOWN));
    const asked = await embed(spread(data.splits.validation, MOST_ASKED));
    const view = (place: number) => embedImages(model, untilStopped(readViews(context, data, place), context));
    const neighbours = await measureNeighbours(known, asked);
    const embedding = {
      neighbours,
      probe: measureProbe(await fitProbe(known, data.classes.length), asked),
      alignment: measureAlignment(await view(0), await view(1)),
      uniformity: measureUniformity(asked),
      deviation: measureDeviation(asked),
    };
    return { top1: neighbours, loss: null, embedding };
  },
};

/** Some validation images, augmented as in training, without mixing; the same in every epoch, and others at another place. */
function readViews({ recipe, random }: RunContext, { cache, splits, classes }: PreparedData, place: number) {
  return batches(cache, spread(splits.validation, MOST_VIEWED), {
    batch: VIEWED_AT_ONCE,
    classes: classes.length,
    augmentation: { ...recipe.data.augmentation, mixup: 0, cutmix: 0 },
    random: random.fork('judged views', place),
    epoch: 0,
    shuffle: false,
  });
}
