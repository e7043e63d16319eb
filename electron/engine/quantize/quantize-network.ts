import { DecantError } from '../core/errors.ts';
import { restorePixels } from '../data/normalization.ts';
import { listSteps, type Program } from '../lowering/index.ts';
import { computeLogits, type LabelledBatch } from '../measure/index.ts';
import { foldBatchNorm, type Network, Parameters, type Weights } from '../model/index.ts';
import { equalize } from './equalize.ts';
import { type CalibrationImages, type Observation, observe } from './observe.ts';
import { planQuantization, type QuantizationPlan } from './plan.ts';
import { RANGE_METHODS, type RangeMethod } from './ranges.ts';
import { simulate } from './simulate.ts';
import { spellHardSwish } from './spell-hard-swish.ts';

/** Images at once: all values of a network lie in memory together. */
const PARCEL = 8;
/** Images on which ways are tried, at most; ranges are observed on all. */
const TRIED_IMAGES = 48;
/** What a smaller file may cost: this much divergence, nats, and this times the error of the logits. */
const LITTLE_HARM = { divergence: 1e-3, error: 1.5 };
/** Divergences that differ by less, nats, tell nothing. */
const SAME_DIVERGENCE = 1e-4;

/** A plan, and how it was come to. */
export interface Quantization {
  readonly plan: QuantizationPlan;
  readonly method: RangeMethod;
  readonly equalized: boolean;
  readonly corrected: boolean;
  readonly shared: boolean;
  /** Mean divergence of the classes' probabilities from the float network's, on some of the calibration images, nats. */
  readonly divergence: number;
  /** That of all ways that were tried. */
  readonly tried: readonly { name: string; divergence: number }[];
}

/**
 * Chooses integers for a network: its values are observed on images, and of several ways (range of the values, equalized
 * channels, corrected biases) the one is taken whose simulation comes nearest to the float network; shared scales too where
 * they do little harm. Leaves no tensors behind.
 *
 * @param batches of validation images, normalized, without augmentation; they are all kept in memory
 * @throws DecantError `export.mismatch` when there are no images
 */
export async function quantizeNetwork(options: {
  network: Network;
  weights: Weights;
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
}): Promise<Quantization> {
  const { network, weights, batches } = options;
  const parcels = await readParcels(network, weights, batches);
  if (parcels.length === 0)
    throw new DecantError(
      'export.mismatch',
      'Choosing 8-bit integers needs validation images, but there are none; export in fp32 or fp16.',
    );
  const program = spellHardSwish(listSteps(network, weights));
  const observations = await observe(program, parcels);
  const even = equalize(program, observations);
  const subjects: Subject[] = [
    { program, observations },
    { program: even, observations: await observe(even, parcels) },
  ];
  const trials: Trial[] = [];
  const few = parcels.slice(0, Math.ceil(TRIED_IMAGES / PARCEL));
  const attempt = async (way: Way): Promise<void> => {
    trials.push(await tryWay(subjects[way.equalized ? 1 : 0]!, way, few));
  };
  for (const method of Object.keys(RANGE_METHODS) as RangeMethod[])
    await attempt({ method, equalized: true, corrected: true, shared: false });
  const { method } = findBest(trials);
  await attempt({ method, equalized: false, corrected: true, shared: false });
  const { equalized } = findBest(trials);
  await attempt({ method, equalized, corrected: false, shared: false });
  const nearest = findBest(trials);
  await attempt({ ...nearest, shared: true });
  const smallest = trials.at(-1)!;
  const tried = trials.map((trial) => ({ name: describeWay(trial), divergence: trial.divergence }));
  return { ...(isLittleHarm(smallest, nearest) ? smallest : nearest), tried };
}

interface Way {
  readonly method: RangeMethod;
  readonly equalized: boolean;
  readonly corrected: boolean;
  readonly shared: boolean;
}

interface Subject {
  readonly program: Program;
  readonly observations: ReadonlyMap<string, Observation>;
}

type Trial = Way & {
  readonly plan: QuantizationPlan;
  readonly divergence: number;
  /** Sum of the squared errors of an image's logits. */
  readonly error: number;
};

interface Parcel extends CalibrationImages {
  /** Of the float network. */
  readonly logits: Float32Array;
}

async function tryWay({ program, observations }: Subject, way: Way, parcels: readonly Parcel[]): Promise<Trial> {
  const { method, corrected: correct, shared: share } = way;
  const plan = planQuantization(program, observations, { method, correct, share });
  const simulation = simulate(plan);
  try {
    let [divergence, error, images] = [0, 0, 0];
    for (const { pixels, size, logits } of parcels) {
      const simulated = await simulation.run(pixels, size);
      divergence += divergenceOf(logits, simulated, size);
      error += logits.reduce((sum, value, i) => sum + (value - simulated[i]!) ** 2, 0);
      images += size;
    }
    return { ...way, plan, divergence: divergence / images, error: error / images };
  } finally {
    simulation.dispose();
  }
}

function isLittleHarm(smaller: Trial, nearest: Trial): boolean {
  return (
    smaller.divergence <= nearest.divergence + LITTLE_HARM.divergence &&
    smaller.error <= LITTLE_HARM.error * nearest.error
  );
}

/** The nearest probabilities; those of networks that are sure of all images are all near, so that the logits decide. */
function findBest(trials: readonly Trial[]): Trial {
  const least = Math.min(...trials.map(({ divergence }) => divergence));
  const near = trials.filter(({ divergence }) => divergence <= least + SAME_DIVERGENCE);
  return near.reduce((best, trial) => (trial.error < best.error ? trial : best));
}

function describeWay({ method, equalized, corrected, shared }: Way): string {
  const biases = `biases ${corrected ? 'corrected' : 'rounded'}`;
  return `${method}, ${equalized ? 'equalized' : 'not equalized'}, ${biases}, scales ${shared ? 'shared' : 'separate'}`;
}

/** The images in parcels that each go through the whole order, which is by class. */
async function readParcels(
  network: Network,
  weights: Weights,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
): Promise<Parcel[]> {
  const folded = foldBatchNorm(network, weights);
  const parameters = Parameters.fromWeights(folded.network, folded.weights);
  const images: { pixels: Uint8Array; logits: Float32Array }[] = [];
  try {
    for await (const batch of batches) {
      const pixels = restorePixels(batch.images);
      const logits = await computeLogits(folded.network, parameters, batch);
      const area = pixels.length / batch.size;
      for (let i = 0; i < batch.size; i++)
        images.push({
          pixels: pixels.subarray(i * area, (i + 1) * area),
          logits: logits.subarray(i * network.classes, (i + 1) * network.classes),
        });
    }
  } finally {
    parameters.dispose();
  }
  const count = Math.ceil(images.length / PARCEL);
  return Array.from({ length: count }, (_, first) => {
    const chosen = images.filter((_, i) => i % count === first);
    return {
      pixels: Buffer.concat(chosen.map(({ pixels }) => pixels)),
      logits: Float32Array.from(chosen.flatMap(({ logits }) => [...logits])),
      size: chosen.length,
    };
  });
}

/** Sum over images of the Kullback-Leibler divergence of softmax(theirs) from softmax(ours). */
function divergenceOf(ours: Float32Array, theirs: Float32Array, size: number): number {
  const classes = ours.length / size;
  let sum = 0;
  for (let start = 0; start < ours.length; start += classes) {
    const p = logProbabilities(ours.subarray(start, start + classes));
    const q = logProbabilities(theirs.subarray(start, start + classes));
    for (const [i, value] of p.entries()) sum += Math.exp(value) * (value - q[i]!);
  }
  return sum;
}

function logProbabilities(logits: Float32Array): Float64Array {
  const largest = Math.max(...logits);
  const logSum = largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return Float64Array.from(logits, (value) => value - logSum);
}
