import {
  AccuracyTally,
  type ConfidenceFigures,
  ConfidenceTally,
  countReferences,
  describeOnnxRuntime,
  type Evaluation,
  fitLikeness,
  fitTemperature,
  type LabelledBatch,
  type Likeness,
  MOST_CALIBRATION_IMAGES,
} from '../../measure/index.ts';
import type { Teacher } from '../../teacher/index.ts';
import { evaluationBatches, spread, untilStopped } from '../context/batches.ts';
import { openInference } from '../context/inference.ts';
import type { Model } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';

/** A network that is asked about images of a dataset, wherever it computes. */
interface Asked {
  /** What computes. */
  readonly runtime: string;
  /** Logits `[size, classes]`. */
  computeLogits(batch: LabelledBatch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** How sure a network is, as learned on other images than those it was tested on. */
export interface NetworkConfidence {
  /** What its logits are divided by. */
  readonly temperature: number;
  /** Null where it was not wanted. */
  readonly likeness: Likeness | null;
  /** On the test images. */
  readonly figures: ConfidenceFigures;
}

export interface TestedNetwork {
  readonly evaluation: Evaluation;
  /** Null without validation images. */
  readonly confidence: NetworkConfidence | null;
  readonly runtime: string;
}

/**
 * Asks a network about the test images, once. How its confidence is to be read is learned before, on the validation images.
 *
 * @param options `likeness`: whether to learn what its training images look like to it, too
 * @throws the signal's reason; DecantError `training.diverged` for a logit that is not finite
 */
export async function testNetwork(
  context: RunContext,
  data: PreparedData,
  network: Model | Teacher,
  { likeness }: { likeness: boolean },
): Promise<TestedNetwork> {
  const asked = await openAsked(network);
  try {
    const learned = await learnConfidence(context, data, asked, { likeness });
    const accuracy = new AccuracyTally(data.classes.length);
    const sureness = learned && new ConfidenceTally(learned);
    for await (const batch of readImages(context, data, data.splits.test)) {
      const logits = await asked.computeLogits(batch);
      accuracy.add(logits, batch.labels, batch.indices);
      sureness?.add(logits, batch.labels);
    }
    const confidence = learned && sureness && { ...learned, figures: sureness.result() };
    return { evaluation: accuracy.result(), confidence, runtime: asked.runtime };
  } finally {
    await asked.close();
  }
}

/** Images as they are; a stop comes through between two batches, and the stage is then done again. */
export function readImages(context: RunContext, data: PreparedData, indices: Int32Array) {
  return untilStopped(evaluationBatches(context, data, indices), context);
}

async function openAsked(network: Model | Teacher): Promise<Asked> {
  const model = 'network' in network ? network : network.model;
  if (model) return openInference(model);
  const teacher = network as Teacher; // Only a teacher may have no network of ours.
  return {
    runtime: describeOnnxRuntime(0),
    // What is no network of ours answers every question.
    computeLogits: async (batch) => (await teacher.answer({ ...batch, view: 'plain' }))!.logits,
    close: async () => undefined, // It is opened and closed elsewhere.
  };
}

async function learnConfidence(
  context: RunContext,
  data: PreparedData,
  asked: Asked,
  { likeness }: { likeness: boolean },
): Promise<Omit<NetworkConfidence, 'figures'> | null> {
  const classes = data.classes.length;
  const ask = (indices: Int32Array, limit: number) =>
    collectLogits(asked, readImages(context, data, spread(indices, limit)), classes);
  const validation = await ask(data.splits.validation, MOST_CALIBRATION_IMAGES);
  if (validation.labels.length === 0) return null;
  const training = likeness ? await ask(data.splits.train, countReferences(classes)) : null;
  return {
    temperature: fitTemperature(validation.logits, validation.labels),
    likeness: training && fitLikeness(training.logits, validation.logits, classes),
  };
}

async function collectLogits(asked: Asked, batches: AsyncIterable<LabelledBatch>, classes: number) {
  const logits: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of batches) {
    logits.push(await asked.computeLogits(batch));
    labels.push(...batch.labels);
  }
  const all = new Float32Array(labels.length * classes);
  let at = 0;
  for (const some of logits) {
    all.set(some, at);
    at += some.length;
  }
  return { logits: all, labels: Int32Array.from(labels) };
}
