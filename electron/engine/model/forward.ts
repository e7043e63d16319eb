import * as tf from '@tensorflow/tfjs-core';
import {
  type Activation,
  activate,
  batchNormInference,
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAveragePool,
  hasTrainingPass,
  scaleChannels,
  trainingPass,
} from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { type ExecutionPlan, planExecution } from './execution-plan.ts';
import { inputsOf, isFrozen, type Network, type NetworkNode, type NodeOf } from './network.ts';
import type { ReadableParameters } from './parameters.ts';
import { planTraining } from './plan-training.ts';
import { checkTaps } from './taps.ts';

export interface ForwardOptions {
  /** Batch norm by the statistics of this batch, dropout on; otherwise by running statistics, dropout off. */
  readonly training: boolean;
  /** Names of nodes whose outputs are wanted. */
  readonly taps?: readonly string[];
  /** Decides what dropout drops in training: fork it by step. Without it nothing is dropped. */
  readonly random?: Random | undefined;
}

/** What batch norm saw in one training batch. */
export interface BatchStatistics {
  /** Name of the batch norm node. */
  readonly node: string;
  readonly mean: tf.Tensor1D;
  /** Biased: divided by `count`. */
  readonly variance: tf.Tensor1D;
  /** Numbers per channel: batch · height · width. */
  readonly count: number;
}

export interface ForwardResult {
  /** `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** `[batch, height, width, channels]`, or `[batch, features]` after flattening, by node name. */
  readonly taps: Map<string, tf.Tensor>;
  /** One for each batch norm in training; empty otherwise. */
  readonly statistics: BatchStatistics[];
}

/**
 * Runs a network on images `[batch, height, width, channels]`; differentiable. Every node is computed once, however
 * many taps there are, and its output is freed as soon as no later node reads it. The caller disposes logits, taps and
 * statistics (`disposeForward`); inside the function given to `tf.grads` or `tf.variableGrads` what is to outlive it
 * must be kept with `tf.keep`.
 *
 * Throws `network.invalid` for images of another size or an unknown tap, `weights.mismatch` for parameters of another
 * network.
 */
export function forward(
  network: Network,
  parameters: ReadableParameters,
  images: tf.Tensor4D,
  { training, taps = [], random }: ForwardOptions,
): ForwardResult {
  checkTaps(network, taps);
  checkImages(network, images);
  parameters.checkFit(network);
  const plan = planExecution(network);
  const wanted = new Set([network.output, ...taps]);
  const statistics: BatchStatistics[] = [];
  const results = tf.tidy(() => {
    const values = computeNodes({ network, plan, parameters, images, wanted, training, random, statistics });
    const batch = statistics.flatMap(({ mean, variance }) => [mean, variance]);
    return [...[...wanted].map((name) => values.get(name)!), ...batch];
  });
  const byName = new Map([...wanted].map((name, index) => [name, results[index]!]));
  const logits = byName.get(network.output)! as tf.Tensor2D;
  return {
    logits,
    // A tap on the output is a tensor of its own, so that each result can be disposed by itself.
    taps: new Map(taps.map((name) => [name, name === network.output ? tf.clone(logits) : byName.get(name)!])),
    statistics,
  };
}

/** Frees everything that `forward` returned. */
export function disposeForward({ logits, taps, statistics }: ForwardResult): void {
  tf.dispose([logits, ...taps.values(), ...statistics.flatMap(({ mean, variance }) => [mean, variance])]);
}

interface Execution {
  readonly network: Network;
  readonly plan: ExecutionPlan;
  readonly parameters: ReadableParameters;
  readonly images: tf.Tensor4D;
  /** Nodes whose outputs stay. */
  readonly wanted: ReadonlySet<string>;
  readonly training: boolean;
  readonly random: Random | undefined;
  /** Filled on the way. */
  readonly statistics: BatchStatistics[];
}

/** Computes all nodes and returns the outputs of the wanted ones. */
function computeNodes(execution: Execution): Map<string, tf.Tensor> {
  const { network, plan, wanted } = execution;
  const { values, covered } = trainMaps(execution);
  const readersLeft = new Map(plan.readers);
  const release = (name: string): void => {
    const left = readersLeft.get(name)! - 1;
    readersLeft.set(name, left);
    if (left > 0 || wanted.has(name)) return;
    values.get(name)?.dispose();
    values.delete(name);
  };
  for (const node of network.nodes) {
    if (covered.has(node.name)) {
      for (const name of inputsOf(node)) if (values.has(name)) readersLeft.set(name, readersLeft.get(name)! - 1);
      continue;
    }
    // An activation that the convolution before it has already applied.
    if (values.has(node.name)) continue;
    const next = wanted.has(node.name) ? undefined : plan.activationAfter.get(node.name);
    const value = computeNode(node, next?.activation ?? 'none', values, execution);
    values.set(next?.name ?? node.name, value);
    for (const name of inputsOf(node)) release(name);
  }
  return values;
}

/** Where the back end trains all feature maps as one operation: what others read of them, and the names of all of them. */
function trainMaps({ network, parameters, images, wanted, training, statistics }: Execution): {
  values: Map<string, tf.Tensor>;
  covered: ReadonlySet<string>;
} {
  const graph = training && hasTrainingPass() ? planTraining(network, wanted) : null;
  if (!graph) return { values: new Map(), covered: new Set() };
  const pass = trainingPass(graph, images, (name) => parameters.get(name));
  statistics.push(...pass.statistics);
  return { values: new Map(pass.outputs), covered: graph.covers };
}

function computeNode(
  node: NetworkNode,
  fused: Activation,
  values: ReadonlyMap<string, tf.Tensor>,
  { parameters, images, training, random, statistics }: Execution,
): tf.Tensor {
  // Safe: a checked network gives every node inputs of the rank that it needs.
  const map = (name: string): tf.Tensor4D => values.get(name)! as tf.Tensor4D;
  const vector = (role: string): tf.Tensor1D => parameters.get<tf.Rank.R1>(`${node.name}/${role}`);
  const filter = (): tf.Tensor4D => parameters.get<tf.Rank.R4>(`${node.name}/weight`);
  const window = ({ stride, padding, bias }: NodeOf<'conv' | 'depthwise'>) => ({
    stride,
    padding,
    bias: bias ? vector('bias') : undefined,
    activation: fused,
  });
  switch (node.op) {
    case 'input':
      return tf.clone(images);
    case 'conv':
      return conv2d(map(node.input), filter(), window(node));
    case 'depthwise':
      return depthwiseConv2d(map(node.input), filter(), window(node));
    case 'batchNorm': {
      const x = map(node.input);
      const options = { epsilon: node.epsilon, activation: node.activation };
      const [gamma, beta] = [vector('gamma'), vector('beta')];
      if (!training || isFrozen(node))
        return batchNormInference(x, gamma, beta, vector('mean'), vector('variance'), options);
      const { y, mean, variance } = batchNormTraining(x, gamma, beta, options);
      statistics.push({ node: node.name, mean, variance, count: x.size / node.channels });
      return y;
    }
    case 'activation':
      return activate(values.get(node.input)!, node.activation);
    case 'add': {
      const [first, ...others] = node.inputs.map(map);
      return others.reduce((sum, other) => tf.add<tf.Tensor4D>(sum, other), first!);
    }
    case 'globalAveragePool':
      return globalAveragePool(map(node.input));
    case 'scale':
      return scaleChannels(map(node.input), map(node.gate));
    case 'flatten': {
      const x = map(node.input);
      return tf.reshape(x, [x.shape[0], x.shape[3]]);
    }
    case 'dropout':
      return dropout(values.get(node.input)!, training ? node.rate : 0, random?.fork(node.name));
    case 'dense': {
      const weight = parameters.get<tf.Rank.R2>(`${node.name}/weight`);
      return dense(values.get(node.input)! as tf.Tensor2D, weight, node.bias ? vector('bias') : undefined);
    }
    default:
      return node satisfies never;
  }
}

/** Zeroes a share of the numbers and scales the others up to keep the mean (Srivastava et al. 2014). */
function dropout(x: tf.Tensor, rate: number, random: Random | undefined): tf.Tensor {
  if (rate === 0 || !random) return tf.clone(x);
  const mask = new Float32Array(x.size);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < mask.length; i++) mask[i] = random.bits() < rate * 2 ** 32 ? 0 : kept;
  return tf.tidy(() => tf.mul(x, tf.tensor(mask, x.shape)));
}

function checkImages({ architecture, inputSize, nodes }: Network, { shape }: tf.Tensor4D): void {
  const input = nodes.find((node) => node.op === 'input');
  const [height, width] = inputSize;
  if (shape.length === 4 && shape[1] === height && shape[2] === width && shape[3] === input?.channels) return;
  throw new DecantError(
    'network.invalid',
    `Images are [${shape.join(', ')}], but ${architecture} takes [batch, ${height}, ${width}, ${input?.channels}].`,
    { shape, inputSize },
  );
}
