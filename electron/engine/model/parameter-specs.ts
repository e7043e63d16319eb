import { isFrozen, type Network } from './network.ts';

/** What one parameter is, without its numbers. */
export interface ParameterSpec {
  /** `<node name>/<role>`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** False for running statistics of batch norm, which no gradient moves. */
  readonly trainable: boolean;
  /** Whether weight decay applies: to weights, not to biases and batch norm. */
  readonly decay: boolean;
  /** Whether it is another network's, which nothing changes: no gradient, no decay, no average, no cut. */
  readonly frozen: boolean;
}

/** Every parameter of a network in the order of its nodes, shapes as in `Weights`. */
export function parameterSpecs(network: Network): ParameterSpec[] {
  return network.nodes.flatMap((node): ParameterSpec[] => {
    const frozen = isFrozen(node);
    const weight = (shape: readonly number[]): ParameterSpec => ({
      name: `${node.name}/weight`,
      shape,
      trainable: true,
      decay: true,
      frozen,
    });
    const vector = (role: string, length: number, trainable = true): ParameterSpec => ({
      name: `${node.name}/${role}`,
      shape: [length],
      trainable,
      decay: false,
      frozen,
    });
    switch (node.op) {
      case 'conv': {
        const { kernel, inChannels, outChannels } = node;
        const specs = [weight([kernel, kernel, inChannels, outChannels])];
        return node.bias ? [...specs, vector('bias', outChannels)] : specs;
      }
      case 'depthwise': {
        const specs = [weight([node.kernel, node.kernel, node.channels, 1])];
        return node.bias ? [...specs, vector('bias', node.channels)] : specs;
      }
      case 'dense': {
        const specs = [weight([node.inFeatures, node.outFeatures])];
        return node.bias ? [...specs, vector('bias', node.outFeatures)] : specs;
      }
      case 'batchNorm':
        return [
          vector('gamma', node.channels),
          vector('beta', node.channels),
          vector('mean', node.channels, false),
          vector('variance', node.channels, false),
        ];
      default:
        return [];
    }
  });
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
