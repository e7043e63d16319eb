import { Random } from '../../../electron/engine/core/random.ts';
import { type FeaturePair, pairLastMaps } from '../../../electron/engine/distill/index.ts';
import {
  adoptClassifier,
  initializeWeights,
  type Network,
  type NetworkNode,
  reuseClassifier,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { openNetworkTeacher, type TrainingBatch } from '../../../electron/engine/teacher/index.ts';
import {
  type Distillation,
  startState,
  type TrainerOptions,
  type TrainerState,
} from '../../../electron/engine/train/index.ts';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';

export const SIZE = 6;
export const CLASSES = 3;

/** An inverted residual with squeeze-excitation between a stem and a head: every operation, few channels. */
export function tinyNetwork(channels = 6, { dropout = 0.2 } = {}): Network {
  const window = { kernel: 3, stride: 1, padding: 1, bias: false };
  const point = { kernel: 1, stride: 1, padding: 0 };
  const norm = (
    name: string,
    input: string,
    width: number,
    activation: 'none' | 'relu6' | 'hard-swish',
  ): NetworkNode => ({
    op: 'batchNorm',
    name,
    input,
    channels: width,
    epsilon: 1e-5,
    activation,
  });
  const wide = 2 * channels;
  return {
    format: 'decant-network',
    version: 1,
    architecture: 'tiny',
    inputSize: [SIZE, SIZE],
    classes: CLASSES,
    output: 'logits',
    nodes: [
      { op: 'input', name: 'image', channels: 3 },
      { op: 'conv', name: 'stem', input: 'image', inChannels: 3, outChannels: channels, ...window, stride: 2 },
      norm('stem/bn', 'stem', channels, 'hard-swish'),
      { op: 'conv', name: 'expand', input: 'stem/bn', inChannels: channels, outChannels: wide, ...point, bias: false },
      norm('expand/bn', 'expand', wide, 'relu6'),
      { op: 'depthwise', name: 'window', input: 'expand/bn', channels: wide, ...window },
      norm('window/bn', 'window', wide, 'relu6'),
      { op: 'globalAveragePool', name: 'squeeze', input: 'window/bn' },
      { op: 'conv', name: 'excite', input: 'squeeze', inChannels: wide, outChannels: wide, ...point, bias: true },
      { op: 'activation', name: 'gate', input: 'excite', activation: 'hard-sigmoid' },
      { op: 'scale', name: 'scaled', input: 'window/bn', gate: 'gate' },
      { op: 'conv', name: 'project', input: 'scaled', inChannels: wide, outChannels: channels, ...point, bias: false },
      norm('project/bn', 'project', channels, 'none'),
      { op: 'add', name: 'sum', inputs: ['stem/bn', 'project/bn'] },
      { op: 'globalAveragePool', name: 'pool', input: 'sum' },
      { op: 'flatten', name: 'flat', input: 'pool' },
      { op: 'dropout', name: 'drop', input: 'flat', rate: dropout },
      { op: 'dense', name: 'logits', input: 'drop', inFeatures: channels, outFeatures: CLASSES, bias: true },
    ],
  };
}

/** Images that a straight line tells apart: noise, and the channel of the class is brighter. */
export function toyBatches(count: number, { size = 12, seed = 'toy' } = {}): TrainingBatch[] {
  return Array.from({ length: count }, (_, index) => {
    const random = new Random(`${seed}/${index}`);
    const images = Float32Array.from({ length: size * SIZE * SIZE * 3 }, () => random.normal());
    const targets = new Float32Array(size * CLASSES);
    for (let i = 0; i < size; i++) {
      const label = random.integer(CLASSES);
      targets[i * CLASSES + label] = 1;
      for (let p = 0; p < SIZE * SIZE; p++) images[(i * SIZE * SIZE + p) * 3 + label]! += 1;
    }
    return { images, targets, size };
  });
}

/** Trainer options for a fresh tiny network, parts of which may be replaced. */
export function tinyOptions({
  optimizer = {},
  channels = 6,
  ...others
}: Omit<Partial<TrainerOptions>, 'optimizer'> & {
  optimizer?: Partial<TrainerOptions['optimizer']>;
  channels?: number;
} = {}): TrainerOptions {
  const network = tinyNetwork(channels);
  return {
    state: startState(network, initializeWeights(network, new Random('student'))),
    labelSmoothing: 0,
    optimizer: { ...recipeSchema.parse({}).train.optimizer, ...optimizer },
    learningRate: () => 0.05,
    random: new Random('training'),
    stage: 'test',
    ...others,
  };
}

const PAIRS: FeaturePair[] = [
  { teacher: 'project/bn', student: 'project/bn' },
  { teacher: 'expand/bn', student: 'sum' },
];

/** A wider tiny network, whose weights are fresh but whose statistics are not trivial, and what is distilled from it. */
export function tinyDistillation(methods: PartialRecipe['distill'] = {}): Distillation {
  const network = tinyNetwork(9);
  const weights = initializeWeights(network, new Random('teacher'));
  for (const [name, { values }] of weights) {
    const random = new Random(name);
    if (name.endsWith('/mean')) for (let i = 0; i < values.length; i++) values[i] = random.normal() * 0.2;
    if (name.endsWith('/gamma')) for (let i = 0; i < values.length; i++) values[i] = 1 + random.next();
  }
  return distilTiny({ network, weights }, methods);
}

/** What tiny students learn by unless a test says otherwise: three losses whose values are easy to tell. */
const TINY_METHODS = {
  crossEntropy: { weight: 0.5 },
  logits: { weight: 0.5 },
  features: { weight: 0.5 },
  reviewkd: { weight: 0 },
};

/** What is distilled from a network of the tiny one's shape. */
export function distilTiny(
  model: { network: Network; weights: Weights },
  methods: PartialRecipe['distill'],
): Distillation {
  const lastMaps = pairLastMaps(model.network, reuseClassifier(tinyNetwork(), model.network));
  const taps = [...PAIRS, lastMaps].map((pair) => pair.teacher);
  const usual = Object.entries(TINY_METHODS).map(([name, method]) => [
    name,
    { ...method, ...methods?.[name as 'logits'] },
  ]);
  const { distill: settings } = recipeSchema.parse({ distill: { ...methods, ...Object.fromEntries(usual) } });
  return { teacher: openNetworkTeacher(model, taps), pairs: PAIRS, lastMaps, settings };
}

/** A fresh tiny network with the classifier of a teacher. */
export function startReusing({ teacher }: Distillation): TrainerState {
  const { network, weights } = teacher.model!; // Tiny teachers are Decant's.
  const student = reuseClassifier(tinyNetwork(), network);
  return startState(student, adoptClassifier(student, initializeWeights(student, new Random('student')), weights));
}
