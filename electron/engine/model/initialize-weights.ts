import type { Random } from '../core/random.ts';
import type { Network, NetworkNode } from './network.ts';
import { type ParameterSpec, parameterSpecs, sizeOf } from './parameter-specs.ts';
import type { HostTensor, Weights } from './weights.ts';

/**
 * Fresh weights by torchvision's scheme: convolutions normal with variance 2 / fan out (He et al. 2015; the fan out of a
 * depthwise convolution counts all channels, as PyTorch does), dense weights normal with standard deviation 0.01,
 * biases 0, batch norm gamma 1 and beta 0, running mean 0 and variance 1. Each parameter has its own stream of random
 * numbers, by its name, so that a change in one layer does not alter the others.
 */
export function initializeWeights(network: Network, random: Random): Weights {
  const specs = new Map(parameterSpecs(network).map((spec) => [spec.name, spec]));
  const weights: Weights = new Map();
  for (const node of network.nodes) {
    for (const role of ['weight', 'bias', 'gamma', 'beta', 'mean', 'variance']) {
      const spec = specs.get(`${node.name}/${role}`);
      if (spec) weights.set(spec.name, initializeParameter(node, spec, random));
    }
  }
  return weights;
}

/** Fresh numbers for one parameter of a node, from the stream of `random` that has the parameter's name. */
export function initializeParameter(node: NetworkNode, { name, shape }: ParameterSpec, random: Random): HostTensor {
  const values = new Float32Array(sizeOf(shape));
  if (name === `${node.name}/gamma` || name === `${node.name}/variance`) {
    values.fill(1);
  } else if (name === `${node.name}/weight`) {
    const own = random.fork(name);
    const deviation = weightDeviation(node);
    for (let i = 0; i < values.length; i++) values[i] = deviation * own.normal();
  }
  return { shape, values };
}

function weightDeviation(node: NetworkNode): number {
  switch (node.op) {
    case 'conv':
      return Math.sqrt(2 / (node.kernel ** 2 * node.outChannels));
    case 'depthwise':
      return Math.sqrt(2 / (node.kernel ** 2 * node.channels));
    default:
      return 0.01;
  }
}
