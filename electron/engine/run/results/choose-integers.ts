import { formatPlural } from '../../../../shared/text/format.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { describeBalance } from '../../distill/index.ts';
import { evaluate } from '../../measure/index.ts';
import { judgePlan, type Quantization, quantizeNetwork, trainIntegers } from '../../quantize/index.ts';
import type { Teacher } from '../../teacher/index.ts';
import {
  batchesPerEpoch,
  batchSize,
  countClasses,
  evaluationBatches,
  spread,
  trainingBatches,
  untilStopped,
} from '../context/batches.ts';
import type { Model } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import { progressListener, type RunContext } from '../context/run-context.ts';

/** Validation images by which 8-bit integers are chosen, at most. */
const CALIBRATION_IMAGES = 128;
/** Validation images on which it is judged what integers cost, at most. */
const JUDGED_IMAGES = 2000;

/** What integers are chosen with: a run, or one that is finished. */
export type IntegerContext = Pick<RunContext, 'recipe' | 'random' | 'clock' | 'listener' | 'signal'> &
  Partial<Pick<RunContext, 'control'>>;

/**
 * Chooses the 8-bit integers of a student on the validation images. Where they cost more of its accuracy there than
 * `export.quantizationAware.threshold`, it is trained for some epochs, under its teacher, to do with them; what is best on
 * the validation images is taken.
 *
 * @throws the signal's reason; DecantError `export.mismatch` where there are no validation images
 */
export async function chooseIntegers(
  context: IntegerContext,
  data: Pick<PreparedData, 'cache' | 'splits' | 'classes' | 'fingerprint'>,
  { student, teacher }: { student: Model; teacher: Teacher },
): Promise<Quantization> {
  const { recipe, listener } = context;
  const { epochs, threshold } = recipe.export.quantizationAware;
  const read = (limit: number) =>
    untilStopped(evaluationBatches(context, data, spread(data.splits.validation, limit)), context);
  const quantization = await quantizeNetwork({ ...student, batches: read(CALIBRATION_IMAGES) });
  if (epochs === 0) return quantization;
  const { top1: whole } = await evaluate({ ...student, batches: read(JUDGED_IMAGES) });
  const judge = (plan: Quantization['plan']) => judgePlan(plan, read(JUDGED_IMAGES));
  const rounded = await judge(quantization.plan);
  // Shares of whole images: what is exactly at the threshold is not beyond it.
  if (whole - rounded <= threshold + 1e-9) return quantization;
  const images = Math.min(JUDGED_IMAGES, data.splits.validation.length);
  const points = (share: number) => `${(100 * share).toFixed(1)} points`;
  listener({
    type: 'note.added',
    message: `8-bit integers cost ${points(whole - rounded)} of top-1 on ${formatPlural(images, 'validation image')}; the student trains with them for ${formatPlural(epochs, 'epoch')}.`,
  });
  const stepsPerEpoch = batchesPerEpoch(context, data);
  const classCounts = countClasses(data);
  const meter = new ProgressMeter({
    stage: 'quantization-aware training',
    total: epochs * stepsPerEpoch * batchSize(context, data),
    unit: 'images',
    clock: context.clock,
    listener: progressListener(listener),
  });
  const { plan, score } = await trainIntegers({
    given: { plan: quantization.plan, score: rounded },
    epochs,
    stepsPerEpoch,
    batches: (epoch) =>
      untilStopped(
        trainingBatches(context, data, {
          purpose: 'integers',
          epoch,
          firstBatch: 0,
          endBatch: stepsPerEpoch,
          views: recipe.distill.views,
        }),
        context,
      ),
    teacher,
    settings: recipe.distill,
    labelSmoothing: recipe.train.labelSmoothing,
    balance: describeBalance({ ...recipe.balance, from: 0 }, classCounts),
    perImage: recipe.distill.perImage,
    classCounts,
    random: context.random,
    judge,
    onStep: (size) => meter.advance(size),
  });
  listener({
    type: 'note.added',
    message: `Trained with 8-bit integers, it loses ${points(Math.max(0, whole - score))}.`,
  });
  return { ...quantization, plan };
}
