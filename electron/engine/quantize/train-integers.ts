import * as tf from '@tensorflow/tfjs-core';
import {
  keepLogitMethods,
  learnFromLabels,
  listActiveMethods,
  METHODS,
  type MethodSettings,
} from '../../../shared/run/methods.ts';
import { differentiate } from '../compute/index.ts';
import type { Random } from '../core/random.ts';
import { roundPixels } from '../data/normalization.ts';
import { type ClassBalance, Objective, type PerImageSettings } from '../distill/index.ts';
import {
  type ConvolutionStep,
  type DenseStep,
  type Program,
  type ProgramTensors,
  runProgram,
  type Step,
} from '../lowering/index.ts';
import type { Teacher, TeacherAnswer, TrainingBatch } from '../teacher/index.ts';
import { LEARNING_RATES, Optimizer, type TrainedParameter } from '../train/index.ts';
import { type QuantizationPlan, replanLayers, restoreLayer } from './plan.ts';
import { findScales } from './quantize-weights.ts';
import { roundValue, roundWeights } from './rounding.ts';

/** Largest step of a weight, in units of the largest weight of its channel. */
const LEARNING_RATE = 1e-3;
const WARM_UP = 0.1;

/** A plan, and how good it is. */
export interface JudgedPlan {
  readonly plan: QuantizationPlan;
  readonly score: number;
}

export interface IntegerTrainingOptions {
  readonly given: JudgedPlan;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly batches: (epoch: number) => AsyncIterable<TrainingBatch> | Iterable<TrainingBatch>;
  /** Whose logits are distilled; the caller closes it. */
  readonly teacher: Teacher;
  /** Of the recipe; methods that look at more than logits are left out. */
  readonly settings: MethodSettings;
  readonly labelSmoothing: number;
  /** What is done for classes with few images, from the first epoch on; null: nothing. */
  readonly balance: ClassBalance | null;
  /** How much the teacher's answers count for each image. */
  readonly perImage: PerImageSettings;
  /** Training images of each class `[classes]`. */
  readonly classCounts: Float32Array;
  /** Seeds what methods draw. */
  readonly random: Random;
  /** How good a plan is. */
  readonly judge: (plan: QuantizationPlan) => Promise<number>;
  readonly onStep?: (images: number) => void;
}

/**
 * Trains weights and biases of a planned network while they and all values are rounded as the integers will round them, so
 * that it learns to work with them (Jacob et al. 2018). Batch norm is folded before, and so frozen (Krishnamoorthi 2018);
 * what the integers of values stand for stays as planned. Gradients pass through the rounding. Leaves no tensors behind.
 *
 * @returns the best plan, of the given one and those after each epoch
 */
export async function trainIntegers(options: IntegerTrainingOptions): Promise<JudgedPlan> {
  const { given, epochs, stepsPerEpoch, batches, judge, onStep } = options;
  const layers = new TrainedLayers(given.plan);
  const objective = openObjective(options);
  let best = given;
  try {
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      for await (const batch of batches(epoch)) {
        const rate = LEARNING_RATES.cosine(step, epochs * stepsPerEpoch, { peak: LEARNING_RATE, warmUp: WARM_UP });
        step++;
        const answer = await options.teacher.answer({ ...batch, view: batch.views?.[0] });
        const at = { batch, answer, epoch };
        tf.tidy(() => layers.learn(differentiateBatch(options, { layers, objective }, at), rate, step));
        onStep?.(batch.size);
      }
      const program = await layers.readProgram();
      if (program === null) break; // What is not a finite number only spreads.
      const plan = replanLayers(given.plan, program);
      const score = await judge(plan);
      if (score > best.score) best = { plan, score };
    }
  } finally {
    objective.dispose();
    layers.dispose();
  }
  return best;
}

/** The recipe's methods, as far as logits are enough for them: a network of integers has no feature maps that adapters know. */
function openObjective({
  settings,
  labelSmoothing,
  balance,
  perImage,
  classCounts,
  random,
}: IntegerTrainingOptions): Objective {
  const kept = keepLogitMethods(settings);
  const learns = listActiveMethods(kept).some((name) => METHODS[name].trainsClassifier);
  const facts = {
    classes: classCounts.length,
    labelSmoothing,
    balance,
    pairs: [],
    embeddings: null,
    ownEmbedding: null,
    classCounts,
    images: null,
  };
  return new Objective(learns ? kept : learnFromLabels(kept), { facts, states: {}, random, perImage });
}

/** Gradients of what is trained, inside the caller's `tf.tidy`. */
function differentiateBatch(
  { given: { plan }, teacher, epochs }: IntegerTrainingOptions,
  { layers, objective }: { layers: TrainedLayers; objective: Objective },
  { batch, answer, epoch }: { batch: TrainingBatch; answer: TeacherAnswer | null; epoch: number },
): (tf.Tensor | null)[] {
  const targets = tf.tensor2d(batch.targets, [batch.size, batch.targets.length / batch.size]);
  const [height, width] = plan.program.inputShape as [number, number, number]; // Of an image.
  const images = tf.tensor4d(batch.images, [batch.size, height, width, 3]);
  const teacherLogits = teacher.forward(images, { taps: [], embedding: false }, answer).logits;
  const pixels = roundPixels(batch.images);
  return differentiate(() => {
    const logits = runProgram(plan.program, layers.round(), pixels, batch.size, (step, value) =>
      roundValue(value, plan.values.get(step.name)!),
    );
    return objective.compute(objective.weigh(epoch, epochs), {
      logits: logits as tf.Tensor2D, // A network's output is a row an image.
      targets,
      teacherLogits,
      levels: [],
      lastMaps: null,
      embeddings: null,
      ownEmbedding: null,
      secondView: null,
      rotations: [],
      unlabelled: null,
      sampleIds: batch.indices ?? null,
      epoch,
      epochs,
    }).total;
  }, layers.variables).gradients;
}

type Layer = ConvolutionStep | DenseStep;

/** One layer's numbers on the back end: what is trained, times the unit it is measured in. */
interface TrainedLayer {
  readonly step: Layer;
  readonly weight: tf.Variable;
  /** Of the weights' shape: the largest of each output channel. */
  readonly weightUnit: tf.Tensor;
  readonly bias: tf.Variable;
  readonly biasUnit: tf.Scalar;
}

/**
 * The layers of a planned program in training. They are trained in units of their own size, since folding leaves layers and
 * channels of very different size, for which no one learning rate would do.
 */
class TrainedLayers {
  readonly #program: Program;
  readonly #layers: readonly TrainedLayer[];
  readonly #trained: ReadonlyMap<string, TrainedParameter>;
  readonly #optimizer: Optimizer;

  constructor({ program, layers, values }: QuantizationPlan) {
    this.#program = program;
    this.#layers = program.steps
      .filter(isLayer)
      .map((step) => openLayer(step, restoreLayer(step, layers.get(step.name)!, values.get(step.input)!).bias, values));
    const trained = this.#layers
      .filter(({ step }) => step.node !== null) // The normalization of pixels stays as it is.
      .flatMap(({ step, weight, bias }) => [
        [`${step.name}/weight`, { variable: weight, decay: false }] as const,
        [`${step.name}/bias`, { variable: bias, decay: false }] as const,
      ]);
    this.#trained = new Map(trained);
    this.#optimizer = new Optimizer(this.#trained, { name: 'adamw', momentum: 0.9, weightDecay: 0 });
  }

  get variables(): tf.Variable[] {
    return [...this.#trained.values()].map(({ variable }) => variable);
  }

  /** Rounded weights, and biases, for a run of the program; differentiable. */
  round(): ProgramTensors {
    return new Map(
      this.#layers.map(({ step, weight, weightUnit, bias, biasUnit }) => [
        step.name,
        {
          weight: roundWeights(tf.mul(weight, weightUnit), step.op === 'dense' ? 1 : step.bias.length),
          bias: tf.mul(bias, biasUnit),
        },
      ]),
    );
  }

  /** One step along gradients in the order of `variables`. */
  learn(gradients: readonly (tf.Tensor | null)[], learningRate: number, step: number): void {
    const named = [...this.#trained.keys()].map((name, i) => [name, gradients[i]] as const);
    const present = named.filter((entry): entry is [string, tf.Tensor] => entry[1] != null);
    this.#optimizer.apply(new Map(present), { learningRate, step });
  }

  /** The program with the numbers as they are now; null where one of them is not finite. */
  async readProgram(): Promise<Program | null> {
    const learned = new Map<string, Pick<Layer, 'weight' | 'bias'>>();
    for (const { step, weight, weightUnit, bias, biasUnit } of this.#layers) {
      const values = await readProduct(weight, weightUnit);
      const biasValues = await readProduct(bias, biasUnit);
      if (![values, biasValues].every((numbers) => numbers.every(Number.isFinite))) return null;
      learned.set(step.name, { weight: { shape: step.weight.shape, values }, bias: biasValues });
    }
    const steps = this.#program.steps.map((step) => ({ ...step, ...learned.get(step.name) }) as Step); // A layer gets what a layer has.
    return { ...this.#program, steps };
  }

  dispose(): void {
    this.#optimizer.dispose();
    for (const { weight, weightUnit, bias, biasUnit } of this.#layers) tf.dispose([weight, weightUnit, bias, biasUnit]);
  }
}

function isLayer(step: Step): step is Layer {
  return step.op === 'conv' || step.op === 'dense';
}

function openLayer(step: Layer, bias: Float32Array, values: QuantizationPlan['values']): TrainedLayer {
  const { shape, values: weights } = step.weight;
  const channels = step.bias.length;
  const scales = findScales(weights, channels);
  const unit = weights.map((_, i) => 127 * scales[i % channels]!);
  const biasUnit = 127 * values.get(step.name)!.scale;
  const variable = (numbers: Float32Array, of: readonly number[]) =>
    tf.tidy(() => tf.variable(tf.tensor(numbers, [...of]), false));
  return {
    step,
    weight: variable(
      weights.map((value, i) => value / unit[i]!),
      shape,
    ),
    weightUnit: tf.tensor(unit, [...shape]),
    bias: variable(
      bias.map((value) => value / biasUnit),
      [channels],
    ),
    biasUnit: tf.scalar(biasUnit),
  };
}

async function readProduct(a: tf.Tensor, b: tf.Tensor): Promise<Float32Array> {
  const product = tf.mul(a, b);
  try {
    return new Float32Array(await product.data<'float32'>());
  } finally {
    product.dispose();
  }
}
