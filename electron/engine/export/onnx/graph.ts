import type { Activation } from '../../compute/index.ts';
import { DecantError } from '../../core/errors.ts';
import { NORMALIZATION } from '../../data/normalization.ts';
import type { HostTensor, Network, NetworkNode, NodeOf, Weights } from '../../model/index.ts';
import { FLOAT, FLOAT16, type OnnxGraph } from '../../onnx/messages.ts';
import { toHalf } from '../half.ts';
import { describeValue, movePlanesLast, NodeList } from './node-list.ts';

export const INPUT = 'image';
export const OUTPUT = 'logits';

/**
 * A network as an ONNX graph (operator set 14): `image` float32 `[batch, 3, height, width]`, RGB 0..255, is normalized by
 * the first two nodes; `logits` is float32 `[batch, classes]`. Nodes keep the names of the network's nodes.
 *
 * @param weights exactly the network's
 * @param halfWeights weights are stored in 16 bits, and made 32 when the file is loaded
 * @throws DecantError `network.invalid`
 */
export function buildGraph(network: Network, weights: Weights, { halfWeights = false } = {}): OnnxGraph {
  const builder = new GraphBuilder(weights, halfWeights);
  for (const node of network.nodes) builder.addNode(node);
  builder.list.renameValue(builder.valueOf(network.output), OUTPUT);
  const [height, width] = network.inputSize;
  return {
    name: network.architecture,
    node: builder.list.nodes,
    initializer: builder.list.initializers,
    input: [describeValue(INPUT, ['batch', 3, height, width])],
    output: [describeValue(OUTPUT, ['batch', network.classes])],
  };
}

class GraphBuilder {
  readonly list = new NodeList();
  readonly #weights: Weights;
  readonly #halfWeights: boolean;
  /** Name of the ONNX value that holds a network node's result. */
  readonly #values = new Map<string, string>();

  constructor(weights: Weights, halfWeights: boolean) {
    this.#weights = weights;
    this.#halfWeights = halfWeights;
  }

  valueOf(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined)
      throw new DecantError('network.invalid', `Node "${name}" is read before it is computed.`, { node: name });
    return value;
  }

  addNode(node: NetworkNode): void {
    this.#values.set(node.name, this.#emit(node));
  }

  /** Adds the ONNX nodes of one network node and returns the name of their result. */
  #emit(node: NetworkNode): string {
    switch (node.op) {
      case 'input':
        return this.#emitNormalization(node);
      case 'conv':
        return this.#emitConvolution(node, node.outChannels, 1);
      case 'depthwise':
        return this.#emitConvolution(node, node.channels, node.channels);
      case 'batchNorm':
        return this.#emitBatchNorm(node);
      case 'activation':
        return this.#emitActivation(node.name, node.activation, this.valueOf(node.input));
      case 'add':
        return this.list.emit(
          node.name,
          node.inputs.length === 2 ? 'Add' : 'Sum',
          node.inputs.map((input) => this.valueOf(input)),
        );
      case 'globalAveragePool':
        return this.list.emit(node.name, 'GlobalAveragePool', [this.valueOf(node.input)]);
      case 'scale':
        return this.list.emit(node.name, 'Mul', [this.valueOf(node.input), this.valueOf(node.gate)]);
      case 'flatten':
        return this.list.emit(node.name, 'Flatten', [this.valueOf(node.input)], { axis: { int: 1 } });
      case 'dropout':
        return this.valueOf(node.input); // Does nothing outside training.
      case 'dense':
        return this.list.emit(node.name, 'Gemm', [
          this.valueOf(node.input),
          this.#addLayerParameter(node.name, 'weight'),
          ...(node.bias ? [this.#addLayerParameter(node.name, 'bias')] : []),
        ]);
      default:
        return node satisfies never;
    }
  }

  /** (x / 255 - mean) / std, as (x - 255 mean) · 1 / (255 std). */
  #emitNormalization(node: NodeOf<'input'>): string {
    const { mean, std } = NORMALIZATION;
    if (node.channels !== mean.length)
      throw new DecantError(
        'network.invalid',
        `The network takes images of ${node.channels} channels; only those of ${mean.length} (RGB) can be exported.`,
        { channels: node.channels },
      );
    const shape = [1, node.channels, 1, 1];
    const shift = Float32Array.from(mean, (value) => 255 * value);
    const factor = Float32Array.from(std, (value) => 1 / (255 * value));
    const centered = this.list.emit(`${node.name}:center`, 'Sub', [
      INPUT,
      this.list.add(`${node.name}:mean`, shape, shift),
    ]);
    return this.list.emit(`${node.name}:scale`, 'Mul', [centered, this.list.add(`${node.name}:factor`, shape, factor)]);
  }

  #emitConvolution(node: NodeOf<'conv'> | NodeOf<'depthwise'>, outChannels: number, group: number): string {
    const { kernel, stride, padding } = node;
    const weight = this.#weightOf(node.name, 'weight');
    // Ours [kernel, kernel, in, out] (depthwise: [kernel, kernel, channels, 1]); ONNX wants [out, in / group, kernel, kernel].
    const inChannels = weight.values.length / (kernel * kernel * outChannels);
    const values = movePlanesLast(weight.values, kernel * kernel, group === 1 ? inChannels : 1, outChannels);
    return this.list.emit(
      node.name,
      'Conv',
      [
        this.valueOf(node.input),
        this.#addWeights(`${node.name}/weight`, [outChannels, inChannels, kernel, kernel], values),
        ...(node.bias ? [this.#addLayerParameter(node.name, 'bias')] : []),
      ],
      {
        group: { int: group },
        kernel_shape: { ints: [kernel, kernel] },
        pads: { ints: [padding, padding, padding, padding] },
        strides: { ints: [stride, stride] },
      },
    );
  }

  #emitBatchNorm(node: NodeOf<'batchNorm'>): string {
    const roles = ['gamma', 'beta', 'mean', 'variance'];
    const inputs = [this.valueOf(node.input), ...roles.map((role) => this.#addParameter(node.name, role))];
    const name = node.activation === 'none' ? node.name : `${node.name}:linear`;
    const linear = this.list.emit(name, 'BatchNormalization', inputs, { epsilon: { float: node.epsilon } });
    return this.#emitActivation(node.name, node.activation, linear);
  }

  #emitActivation(name: string, activation: Activation, input: string): string {
    switch (activation) {
      case 'none':
        return input;
      case 'relu':
        return this.list.emit(name, 'Relu', [input]);
      case 'relu6':
        return this.list.emit(name, 'Clip', [input, this.list.addScalar(0), this.list.addScalar(6)]);
      case 'hard-swish':
        return this.list.emit(name, 'HardSwish', [input]);
      case 'hard-sigmoid':
        return this.list.emit(name, 'HardSigmoid', [input], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
      default:
        return activation satisfies never;
    }
  }

  #addLayerParameter(node: string, role: string): string {
    const { shape, values } = this.#weightOf(node, role);
    return this.#addWeights(`${node}/${role}`, shape, values);
  }

  #addWeights(name: string, shape: readonly number[], values: Float32Array): string {
    if (!this.#halfWeights) return this.list.add(name, shape, values);
    const half = this.list.add(`${name}:half`, shape, toHalf(values), FLOAT16);
    return this.list.emit(name, 'Cast', [half], { to: { int: FLOAT } });
  }

  #addParameter(node: string, role: string): string {
    const { shape, values } = this.#weightOf(node, role);
    return this.list.add(`${node}/${role}`, shape, values);
  }

  #weightOf(node: string, role: string): HostTensor {
    return this.#weights.get(`${node}/${role}`)!;
  }
}
