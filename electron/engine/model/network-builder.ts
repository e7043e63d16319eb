import type { Activation } from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import type { Network, NetworkNode } from './network.ts';

/** Explicit channel counts by the name of the convolution or dense layer that gives them. */
export type ChannelWidths = Readonly<Record<string, number>>;

/** What an architecture is built from, checked. */
export interface ArchitectureOptions {
  /** Multiplier of all widths. */
  readonly width: number;
  readonly classes: number;
  /** Pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /** Stride of the first convolution. */
  readonly stemStride: 1 | 2;
  /** Strides of the first blocks that the paper gives stride 2, in order; those left out keep 2 (`StridePlan`). */
  readonly firstStrides: readonly (1 | 2)[];
  /** Output channels by layer name, in the place of its own: the shape of a pruned network. */
  readonly channels: ChannelWidths | undefined;
}

/** What the file of an architecture exports as `build`. */
export type BuildArchitecture = (options: ArchitectureOptions) => Network;

/** The end of a chain of nodes under construction: the last node and the channels that it gives. */
export interface Tail {
  readonly name: string;
  readonly channels: number;
}

/** Rounds a width to a multiple of `divisor`, never down by more than a tenth (Sandler et al. 2018, reference code). */
export function makeDivisible(width: number, divisor = 8): number {
  const rounded = Math.max(divisor, Math.floor((width + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * width ? rounded + divisor : rounded;
}

/**
 * Appends the layers that MobileNets are made of to a growing list of nodes. Widths given explicitly replace the
 * architecture's own, and each must name a layer that exists.
 */
export class NetworkBuilder {
  readonly nodes: NetworkNode[] = [];
  readonly #epsilon: number;
  readonly #widths: ChannelWidths;
  /** Every layer that has a width of its own. */
  readonly #widthNames: string[] = [];

  constructor({ epsilon, widths = {} }: { epsilon: number; widths?: ChannelWidths | undefined }) {
    this.#epsilon = epsilon;
    this.#widths = widths;
  }

  input(channels: number): Tail {
    this.nodes.push({ op: 'input', name: 'input', channels });
    return { name: 'input', channels };
  }

  /** `<name>/conv` and `<name>/bn`, with the activation in the batch norm. */
  convBatchNorm(
    tail: Tail,
    name: string,
    { width, kernel, stride, activation }: { width: number; kernel: number; stride: number; activation: Activation },
  ): Tail {
    const conv = this.conv(tail, `${name}/conv`, { width, kernel, stride, bias: false });
    return this.#batchNorm(conv, `${name}/bn`, activation);
  }

  /** `<name>/conv` (depthwise) and `<name>/bn`. */
  depthwiseBatchNorm(
    tail: Tail,
    name: string,
    { kernel, stride, activation }: { kernel: number; stride: number; activation: Activation },
  ): Tail {
    this.nodes.push({
      op: 'depthwise',
      name: `${name}/conv`,
      input: tail.name,
      channels: tail.channels,
      kernel,
      stride,
      padding: (kernel - 1) / 2,
      bias: false,
    });
    return this.#batchNorm({ name: `${name}/conv`, channels: tail.channels }, `${name}/bn`, activation);
  }

  conv(
    tail: Tail,
    name: string,
    { width, kernel = 1, stride = 1, bias }: { width: number; kernel?: number; stride?: number; bias: boolean },
  ): Tail {
    const channels = this.#width(name, width);
    this.nodes.push({
      op: 'conv',
      name,
      input: tail.name,
      inChannels: tail.channels,
      outChannels: channels,
      kernel,
      stride,
      padding: (kernel - 1) / 2,
      bias,
    });
    return { name, channels };
  }

  /** Squeeze-excitation (Hu et al. 2018) with the hard sigmoid of MobileNetV3. `width` is that of the bottleneck. */
  squeezeExcitation(tail: Tail, name: string, { width }: { width: number }): Tail {
    const pooled = this.pool(tail, `${name}/pool`);
    const reduced = this.conv(pooled, `${name}/reduce`, { width, bias: true });
    const active = this.activation(reduced, `${name}/reduce/relu`, 'relu');
    const expanded: Tail = { name: `${name}/expand`, channels: tail.channels };
    this.nodes.push({
      op: 'conv',
      name: expanded.name,
      input: active.name,
      inChannels: active.channels,
      outChannels: tail.channels,
      kernel: 1,
      stride: 1,
      padding: 0,
      bias: true,
    });
    const gate = this.activation(expanded, `${name}/gate`, 'hard-sigmoid');
    this.nodes.push({ op: 'scale', name: `${name}/scale`, input: tail.name, gate: gate.name });
    return { name: `${name}/scale`, channels: tail.channels };
  }

  activation(tail: Tail, name: string, activation: Activation): Tail {
    this.nodes.push({ op: 'activation', name, input: tail.name, activation });
    return { name, channels: tail.channels };
  }

  add(tail: Tail, shortcut: Tail, name: string): Tail {
    this.nodes.push({ op: 'add', name, inputs: [shortcut.name, tail.name] });
    return { name, channels: tail.channels };
  }

  /** The end of a block: `<name>/project`, without activation, and `<name>/add` where there is a shortcut. */
  project(tail: Tail, name: string, { width, shortcut }: { width: number; shortcut: Tail | null }): Tail {
    const end = this.convBatchNorm(tail, `${name}/project`, { width, kernel: 1, stride: 1, activation: 'none' });
    return shortcut ? this.add(end, shortcut, `${name}/add`) : end;
  }

  pool(tail: Tail, name: string): Tail {
    this.nodes.push({ op: 'globalAveragePool', name, input: tail.name });
    return { name, channels: tail.channels };
  }

  flatten(tail: Tail, name: string): Tail {
    this.nodes.push({ op: 'flatten', name, input: tail.name });
    return { name, channels: tail.channels };
  }

  dropout(tail: Tail, name: string, rate: number): Tail {
    this.nodes.push({ op: 'dropout', name, input: tail.name, rate });
    return { name, channels: tail.channels };
  }

  /** `fixed` layers (the logits) take no explicit width. */
  dense(tail: Tail, name: string, { width, fixed = false }: { width: number; fixed?: boolean }): Tail {
    const outFeatures = fixed ? width : this.#width(name, width);
    this.nodes.push({ op: 'dense', name, input: tail.name, inFeatures: tail.channels, outFeatures, bias: true });
    return { name, channels: outFeatures };
  }

  /** The finished description. Throws `network.invalid` for an explicit width that no layer took. */
  finish({ architecture, inputSize, classes }: Pick<Network, 'architecture' | 'inputSize' | 'classes'>): Network {
    for (const name of Object.keys(this.#widths)) {
      if (this.#widthNames.includes(name)) continue;
      throw new DecantError(
        'network.invalid',
        `An explicit width is given for "${name}", but ${architecture} has no layer of that name with a width of its own: use names such as ${this.#widthNames.slice(0, 3).join(', ')}.`,
        { node: name, known: this.#widthNames },
      );
    }
    const output = this.nodes[this.nodes.length - 1]?.name ?? '';
    return { format: 'decant-network', version: 1, architecture, inputSize, classes, nodes: this.nodes, output };
  }

  #batchNorm(tail: Tail, name: string, activation: Activation): Tail {
    this.nodes.push({
      op: 'batchNorm',
      name,
      input: tail.name,
      channels: tail.channels,
      epsilon: this.#epsilon,
      activation,
    });
    return { name, channels: tail.channels };
  }

  #width(name: string, width: number): number {
    this.#widthNames.push(name);
    return Object.hasOwn(this.#widths, name) ? this.#widths[name]! : width;
  }
}
