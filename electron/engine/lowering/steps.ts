import type { Activation } from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import { NORMALIZE } from '../data/normalization.ts';
import {
  featureShapes,
  foldBatchNorm,
  type HostTensor,
  inputsOf,
  type Network,
  type NetworkNode,
  type NodeOf,
  type Weights,
} from '../model/index.ts';

/** Activations that the runtimes of phones compute inside of the operation before. */
export type FusedActivation = 'none' | 'relu' | 'relu6';

interface Named {
  /** Of the value that the step gives; that of a network's node wherever a node gives the same value. */
  readonly name: string;
  readonly input: string;
  /** Of the value, for one image: `[height, width, channels]`, or `[features]`. */
  readonly shape: readonly number[];
}

/**
 * One operation of a network as runtimes of phones have them: batch norm folded, activations fused where they can be,
 * normalization of pixels and hard-sigmoid spelled out. Feature maps are `[batch, height, width, channels]`.
 */
export type Step =
  | ConvolutionStep
  | DenseStep
  | (Named & { readonly op: 'hardSwish' })
  | (Named & { readonly op: 'relu'; readonly activation: 'relu' | 'relu6' })
  /** Sum of two values of one shape. */
  | (Named & { readonly op: 'add'; readonly other: string; readonly activation: FusedActivation })
  /** `input` times `other`, a map of the same shape or `[1, 1, channels]`. */
  | (Named & { readonly op: 'scale'; readonly other: string })
  /** Plus or times a constant, one number for each channel or one for all. */
  | (Named & { readonly op: 'addConstant'; readonly values: Float32Array; readonly activation: FusedActivation })
  | (Named & { readonly op: 'multiplyConstant'; readonly values: Float32Array })
  /** Mean over height and width; its shape says whether these stay, as 1. */
  | (Named & { readonly op: 'mean' })
  | (Named & { readonly op: 'flatten' });

/** What convolutions and dense layers have in common. */
interface Weighted extends Named {
  /** The network's node that has the weights; null for the normalization of pixels. */
  readonly node: string | null;
  readonly bias: Float32Array;
  /** How much larger the bias is than the node's: what an activation adds to its input. */
  readonly shift: number;
  readonly activation: FusedActivation;
}

export interface ConvolutionStep extends Weighted {
  readonly op: 'conv';
  /** Channel by channel; else over all channels. */
  readonly depthwise: boolean;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros added on every side. */
  readonly padding: number;
  /** `[kernel, kernel, in, out]`, depthwise `[kernel, kernel, channels, 1]`. */
  readonly weight: HostTensor;
}

export interface DenseStep extends Weighted {
  readonly op: 'dense';
  /** `[in, out]`. */
  readonly weight: HostTensor;
}

/** A network as the steps that an exported file has. */
export interface Program {
  /** Of the values of the images that go in, `[height, width, 3]`, RGB 0..255. */
  readonly input: string;
  readonly inputShape: readonly number[];
  readonly steps: readonly Step[];
  /** Name of the value that holds the logits. */
  readonly output: string;
}

/**
 * The steps of a network.
 *
 * @param weights exactly the network's
 * @throws DecantError `network.invalid` for a network that does not take RGB images
 */
export function listSteps(network: Network, weights: Weights): Program {
  const folded = foldBatchNorm(network, weights);
  const lowering = new Lowering(folded.network, folded.weights);
  for (const node of folded.network.nodes) lowering.addNode(node);
  const [height, width] = network.inputSize;
  return {
    input: lowering.input,
    inputShape: [height, width, 3],
    steps: lowering.steps,
    output: lowering.valueOf(folded.network.output),
  };
}

class Lowering {
  readonly steps: Step[] = [];
  input = 'image';
  readonly #weights: Weights;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #readers = new Map<string, number>();
  readonly #nodes: ReadonlyMap<string, NetworkNode>;
  /** Name of the value that holds a network node's result, where it is another node's. */
  readonly #aliases = new Map<string, string>();

  constructor(network: Network, weights: Weights) {
    this.#weights = weights;
    this.#nodes = new Map(network.nodes.map((node) => [node.name, node]));
    this.#shapes = featureShapes(network);
    for (const name of [network.output, ...network.nodes.flatMap(inputsOf)])
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  valueOf(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  addNode(node: NetworkNode): void {
    const { name } = node;
    const shape = this.#shapeOf(name);
    switch (node.op) {
      case 'input':
        this.#addNormalization(node);
        return;
      case 'conv':
      case 'depthwise':
        this.steps.push({
          op: 'conv',
          name,
          input: this.valueOf(node.input),
          shape,
          depthwise: node.op === 'depthwise',
          kernel: node.kernel,
          stride: node.stride,
          padding: node.padding,
          weight: this.#weightOf(name, 'weight'),
          node: name,
          bias: this.#biasOf(node, shape.at(-1)!),
          shift: 0,
          activation: 'none',
        });
        return;
      case 'dense':
        this.steps.push({
          op: 'dense',
          name,
          input: this.valueOf(node.input),
          shape: [node.outFeatures],
          weight: this.#weightOf(name, 'weight'),
          node: name,
          bias: this.#biasOf(node, node.outFeatures),
          shift: 0,
          activation: 'none',
        });
        return;
      case 'batchNorm':
        this.#addBatchNorm(node);
        return;
      case 'activation':
        this.#addActivation(name, node.activation, node.input);
        return;
      case 'add':
        this.#addSum(node, shape);
        return;
      case 'globalAveragePool':
        this.steps.push({ op: 'mean', name, input: this.valueOf(node.input), shape });
        return;
      case 'scale':
        this.steps.push({
          op: 'scale',
          name,
          input: this.valueOf(node.input),
          other: this.valueOf(node.gate),
          shape,
        });
        return;
      case 'flatten':
        this.#addFlatten(node, shape);
        return;
      case 'dropout': // Does nothing outside training.
        this.#alias(name, node.input);
        return;
      default:
        node satisfies never;
    }
  }

  /** (x / 255 - mean) / std: a convolution of one pixel, channel by channel, which every runtime computes in every precision. */
  #addNormalization(node: NodeOf<'input'>): void {
    const { factors, shifts } = NORMALIZE;
    const channels = factors.length;
    if (node.channels !== channels)
      throw new DecantError(
        'network.invalid',
        `The network takes images with ${node.channels} channels; only ${channels} (RGB) can be exported.`,
        { channels: node.channels },
      );
    this.input = `${node.name}:pixels`;
    this.steps.push({
      op: 'conv',
      name: node.name,
      input: this.input,
      shape: this.#shapeOf(node.name),
      depthwise: true,
      kernel: 1,
      stride: 1,
      padding: 0,
      weight: { shape: [1, 1, channels, 1], values: Float32Array.from(factors) },
      node: null,
      bias: Float32Array.from(shifts),
      shift: 0,
      activation: 'none',
    });
  }

  /** One that no convolution could take in. */
  #addBatchNorm(node: NodeOf<'batchNorm'>): void {
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map(
      (role) => this.#weightOf(node.name, role).values,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const factor = gamma.map((value, i) => value / Math.sqrt(variance[i]! + node.epsilon));
    const shift = beta.map((value, i) => value - mean[i]! * factor[i]!);
    const scaled = `${node.name}:scaled`;
    const linear = node.activation === 'none' ? node.name : `${node.name}:linear`;
    const shape = this.#shapeOf(node.name);
    this.steps.push(
      { op: 'multiplyConstant', name: scaled, input: this.valueOf(node.input), shape, values: factor },
      { op: 'addConstant', name: linear, input: scaled, shape, values: shift, activation: 'none' },
    );
    this.#readers.set(linear, 1);
    if (node.activation !== 'none') this.#addActivation(node.name, node.activation, linear);
  }

  #addActivation(name: string, activation: Activation, source: string): void {
    const input = this.valueOf(source);
    const shape = this.#shapeOf(name);
    switch (activation) {
      case 'none':
        this.#alias(name, source);
        return;
      case 'relu':
      case 'relu6':
        if (this.#fuse(source, name, activation)) return;
        this.steps.push({ op: 'relu', name, input, shape, activation });
        return;
      case 'hard-swish':
        this.steps.push({ op: 'hardSwish', name, input, shape });
        return;
      case 'hard-sigmoid': {
        // relu6(x + 3) / 6, the sum in the bias of the convolution before, where there is one of its own.
        const shifted = `${name}:shifted`;
        if (!this.#fuse(source, shifted, 'relu6', 3))
          this.steps.push({
            op: 'addConstant',
            name: shifted,
            input,
            shape,
            values: Float32Array.of(3),
            activation: 'relu6',
          });
        this.steps.push({ op: 'multiplyConstant', name, input: shifted, shape, values: Float32Array.of(1 / 6) });
        return;
      }
      default:
        activation satisfies never;
    }
  }

  /**
   * Puts an activation into the last step, if that is the only one that it reads and has none yet.
   *
   * @param shift added before the activation; only convolutions and dense layers can take it in
   * @returns whether it did
   */
  #fuse(source: string, name: string, activation: FusedActivation, shift = 0): boolean {
    const step = this.steps.at(-1);
    if (!step || step.name !== source || this.#readers.get(source) !== 1) return false;
    if (!('activation' in step) || step.activation !== 'none') return false;
    if (step.op === 'conv' || step.op === 'dense') {
      this.steps[this.steps.length - 1] = {
        ...step,
        name,
        bias: shift === 0 ? step.bias : step.bias.map((value) => value + shift),
        shift,
        activation,
      };
      return true;
    }
    if (shift !== 0) return false;
    this.steps[this.steps.length - 1] = { ...step, name, activation };
    return true;
  }

  #addSum(node: NodeOf<'add'>, shape: readonly number[]): void {
    const [first, ...others] = node.inputs.map((input) => this.valueOf(input));
    let sum = first!;
    for (const [i, other] of others.entries()) {
      const name = i === others.length - 1 ? node.name : `${node.name}:${i}`;
      this.steps.push({ op: 'add', name, input: sum, other, shape, activation: 'none' });
      sum = name;
    }
  }

  #addFlatten(node: NodeOf<'flatten'>, shape: readonly number[]): void {
    const before = this.steps.at(-1);
    if (before?.op === 'mean' && before.name === node.input && this.#readers.get(node.input) === 1)
      this.steps[this.steps.length - 1] = { ...before, name: node.name, shape };
    else this.steps.push({ op: 'flatten', name: node.name, input: this.valueOf(node.input), shape });
  }

  /** `[height, width, channels]`, or `[features]` of a vector. */
  #shapeOf(name: string): readonly number[] {
    const shape = this.#shapes.get(name)!;
    return this.#isFlat(name) ? shape.slice(-1) : shape;
  }

  /** Whether a node gives a vector. */
  #isFlat(name: string): boolean {
    const node = this.#nodes.get(name);
    if (node?.op === 'flatten' || node?.op === 'dense') return true;
    if (node?.op === 'activation' || node?.op === 'dropout') return this.#isFlat(node.input);
    return node?.op === 'add' && this.#isFlat(node.inputs[0]!);
  }

  #alias(name: string, source: string): void {
    this.#aliases.set(name, this.valueOf(source));
    // The value now has the readers of both, but no longer the node that stood between.
    const value = this.valueOf(source);
    this.#readers.set(value, (this.#readers.get(value) ?? 0) - 1 + (this.#readers.get(name) ?? 0));
  }

  #biasOf(node: { readonly name: string; readonly bias: boolean }, length: number): Float32Array {
    return node.bias ? this.#weightOf(node.name, 'bias').values : new Float32Array(length);
  }

  #weightOf(node: string, role: string): HostTensor {
    return this.#weights.get(`${node}/${role}`)!;
  }
}
