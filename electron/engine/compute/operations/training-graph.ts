import type { Activation } from '../activation.ts';

interface Named {
  readonly name: string;
  /** Name of what it reads. */
  readonly input: string;
}

interface Windowed extends Named {
  /** Square window, pixels. */
  readonly kernel: number;
  readonly stride: number;
  /** Zeros added on every side. */
  readonly padding: number;
}

interface Norm {
  readonly name: string;
  readonly epsilon: number;
  readonly activation: Activation;
}

interface Convolution extends Windowed {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly bias: boolean;
}

/**
 * One thing that a training pass does, in the order of the forward pass. Nodes are those of a network; a parameter's name is
 * its node's, `/` and `weight`, `bias`, `gamma` or `beta`.
 */
export type TrainingStep =
  /** A product over pixels or over patches of the images, without a bias, and the batch norm behind it. */
  | { readonly kind: 'conv'; readonly node: Convolution; readonly norm: Norm; readonly patches: boolean }
  | { readonly kind: 'depthwise'; readonly node: Windowed & { readonly channels: number }; readonly norm: Norm }
  /** Writes out a normalized map that several nodes read, or adds another one to it. */
  | { readonly kind: 'sum'; readonly name: string; readonly branch: string; readonly other: string | null }
  | { readonly kind: 'pool'; readonly node: Named }
  /** On means `[batch, 1, 1, channels]`. */
  | { readonly kind: 'dense'; readonly node: Convolution }
  | { readonly kind: 'activation'; readonly node: Named & { readonly activation: Activation } }
  | { readonly kind: 'gate'; readonly node: Named & { readonly gate: string } };

export type StepOf<Kind extends TrainingStep['kind']> = Extract<TrainingStep, { kind: Kind }>;

/** How to train the part of a network that works on feature maps as one operation. */
export interface TrainingGraph {
  readonly input: string;
  readonly inputChannels: number;
  readonly steps: readonly TrainingStep[];
  /** Nodes whose values are wanted: by others, or by the part of the network behind. */
  readonly outputs: readonly string[];
  /** Names of the nodes that it computes. */
  readonly covers: ReadonlySet<string>;
  /** Parameters that it reads and that have gradients, in their order. */
  readonly parameters: readonly string[];
}
