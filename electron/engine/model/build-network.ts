import type { Architecture } from '../../../shared/run/architectures.ts';
import { DecantError } from '../core/errors.ts';
import { BUILDERS } from './builders.ts';
import { checkNetwork } from './check-network.ts';
import type { Network } from './network.ts';
import type { ChannelWidths } from './network-builder.ts';

export interface BuildOptions {
  readonly architecture: Architecture;
  /** Multiplier of all widths, rounded to multiples of 8. */
  readonly width?: number;
  readonly classes: number;
  /** Height and width of the input, pixels; one number for a square. */
  readonly inputSize: number | readonly [height: number, width: number];
  /** Stride of the first convolution: 1 for small images. */
  readonly stemStride?: 1 | 2;
  /** Strides of the first blocks that the paper gives stride 2, in order (at most 4); those left out keep 2. */
  readonly firstStrides?: readonly (1 | 2)[];
  /** Explicit output channels by layer name, as `explicitChannels` gives them: the shape of a pruned network. */
  readonly channels?: ChannelWidths;
}

/**
 * Builds the description of a network. Strides do not change any parameter's shape, so weights of the published
 * networks fit whatever `stemStride` and `firstStrides` say.
 *
 * Throws `network.invalid` where the options contradict each other: the message names the node.
 */
export function buildNetwork(options: BuildOptions): Network {
  const { architecture, width = 1, inputSize, stemStride = 2, firstStrides = [], channels } = options;
  if (!Object.hasOwn(BUILDERS, architecture)) {
    throw new DecantError(
      'network.invalid',
      `There is no architecture "${architecture}": use one of ${Object.keys(BUILDERS).join(', ')}.`,
      { architecture },
    );
  }
  if (!(Number.isFinite(width) && width > 0)) {
    throw new DecantError('network.invalid', `The width multiplier ${width} is not a positive number.`, { width });
  }
  for (const stride of [stemStride, ...firstStrides]) {
    if (stride === 1 || stride === 2) continue;
    throw new DecantError('network.invalid', `A first stride is ${String(stride)}: use 1 or 2.`, { stride });
  }
  if (firstStrides.length > 4) {
    throw new DecantError(
      'network.invalid',
      `${firstStrides.length} first strides are given, but only 4 blocks of ${architecture} have stride 2.`,
      { firstStrides },
    );
  }
  const size = typeof inputSize === 'number' ? ([inputSize, inputSize] as const) : inputSize;
  const network = BUILDERS[architecture]({
    width,
    classes: options.classes,
    inputSize: size,
    stemStride,
    firstStrides,
    channels,
  });
  checkNetwork(network);
  return network;
}

/**
 * The output channels of every convolution and dense layer that has a width of its own: all but the logits, and the
 * last convolution of a squeeze-excitation, which follows its block.
 */
export function explicitChannels(network: Network): Record<string, number> {
  const followers = new Set(network.nodes.flatMap((node) => (node.op === 'scale' ? [node.gate] : [])));
  for (const node of network.nodes.toReversed()) {
    if (node.op === 'activation' && followers.has(node.name)) followers.add(node.input);
  }
  const widths: Record<string, number> = {};
  for (const node of network.nodes) {
    if (node.op === 'conv' && !followers.has(node.name)) widths[node.name] = node.outChannels;
    if (node.op === 'dense' && node.name !== network.output) widths[node.name] = node.outFeatures;
  }
  return widths;
}
