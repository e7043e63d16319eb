import type { Activation } from '../compute/index.ts';

/**
 * A network as data: nodes in the order of their computation, each with its operation, its inputs (names of earlier
 * nodes) and its channel counts. Parameter shapes, forward pass, feature taps, counts, channel groups, surgery and
 * exporters are all derived from it. Feature maps are `[batch, height, width, channels]`.
 */
export interface Network {
  readonly format: 'decant-network';
  readonly version: 1;
  readonly architecture: string;
  /** Height and width of the input image, pixels. */
  readonly inputSize: readonly [height: number, width: number];
  readonly classes: number;
  readonly nodes: readonly NetworkNode[];
  /** Name of the node that gives the logits `[batch, classes]`. */
  readonly output: string;
}

export type NetworkNode =
  | { readonly op: 'input'; readonly name: string; readonly channels: number }
  | ({
      readonly op: 'conv';
      readonly inChannels: number;
      readonly outChannels: number;
      readonly bias: boolean;
    } & Windowed &
      Learned)
  | ({ readonly op: 'depthwise'; readonly channels: number; readonly bias: boolean } & Windowed & Learned)
  | ({
      readonly op: 'batchNorm';
      readonly channels: number;
      readonly epsilon: number;
      readonly activation: Activation;
    } & Unary &
      Learned)
  | ({ readonly op: 'activation'; readonly activation: Activation } & Unary)
  /** Sum of feature maps of one shape. */
  | { readonly op: 'add'; readonly name: string; readonly inputs: readonly string[] }
  /** Mean over height and width, kept as `[batch, 1, 1, channels]`. */
  | ({ readonly op: 'globalAveragePool' } & Unary)
  /** `input` times `gate`, a `[batch, 1, 1, channels]` map: the last step of squeeze-excitation. */
  | ({ readonly op: 'scale'; readonly gate: string } & Unary)
  /** `[batch, 1, 1, channels]` to `[batch, channels]`. */
  | ({ readonly op: 'flatten' } & Unary)
  | ({ readonly op: 'dropout'; readonly rate: number } & Unary)
  | ({
      readonly op: 'dense';
      readonly inFeatures: number;
      readonly outFeatures: number;
      readonly bias: boolean;
    } & Unary &
      Learned);

/** Nodes that have parameters. */
interface Learned {
  /** Another network's: neither trained nor cut, and batch norm goes by its running statistics in training, too. */
  readonly frozen?: true;
}

interface Unary {
  readonly name: string;
  readonly input: string;
}

interface Windowed extends Unary {
  /** Square window, pixels. */
  readonly kernel: number;
  readonly stride: number;
  /** Zeros added on every side. */
  readonly padding: number;
}

export type NodeOf<Op extends NetworkNode['op']> = Extract<NetworkNode, { op: Op }>;

/** Whether training leaves a node's parameters as they are. */
export function isFrozen(node: NetworkNode): boolean {
  return 'frozen' in node && node.frozen === true;
}

/** Names of the nodes that a node reads. */
export function inputsOf(node: NetworkNode): readonly string[] {
  switch (node.op) {
    case 'input':
      return [];
    case 'add':
      return node.inputs;
    case 'scale':
      return [node.input, node.gate];
    default:
      return [node.input];
  }
}
