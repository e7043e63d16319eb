import { inputsOf, type Network, type NetworkNode, type NodeOf } from './network.ts';
import { parameterSpecs } from './parameter-specs.ts';
import type { HostTensor, Weights } from './weights.ts';

/**
 * Merges every batch norm into the convolution that alone feeds it, for inference: same logits, fewer operations. The
 * convolution gains a bias; the batch norm becomes an `activation` node of the same name, or is left out where it has
 * no activation (its readers then read the convolution). Neither argument is changed.
 */
export function foldBatchNorm(network: Network, weights: Weights): { network: Network; weights: Weights } {
  const folds = findFolds(network);
  const convolutions = new Map([...folds].map(([norm, convolution]) => [convolution.name, norm]));
  const renamed = new Map<string, string>();
  const nodes: NetworkNode[] = [];
  const numbers: Weights = new Map();
  const current = (name: string): string => renamed.get(name) ?? name;

  for (const node of network.nodes) {
    const norm = convolutions.get(node.name);
    if (norm && (node.op === 'conv' || node.op === 'depthwise')) {
      const folded = foldWeights(node, norm, weights);
      nodes.push({ ...node, input: current(node.input), bias: true });
      numbers.set(`${node.name}/weight`, folded.weight);
      numbers.set(`${node.name}/bias`, folded.bias);
    } else if (node.op === 'batchNorm' && folds.has(node)) {
      if (node.activation === 'none') {
        renamed.set(node.name, current(node.input));
      } else {
        nodes.push({ op: 'activation', name: node.name, input: node.input, activation: node.activation });
      }
    } else {
      nodes.push(redirect(node, current));
    }
  }
  const folded = { ...network, nodes, output: current(network.output) };
  for (const { name } of parameterSpecs(folded)) {
    if (!numbers.has(name)) numbers.set(name, weights.get(name)!);
  }
  const inOrder: Weights = new Map(parameterSpecs(folded).map(({ name }) => [name, numbers.get(name)!]));
  return { network: folded, weights: inOrder };
}

/** Batch norms whose input is a convolution that nothing else reads. */
function findFolds({ nodes, output }: Network): Map<NodeOf<'batchNorm'>, NodeOf<'conv' | 'depthwise'>> {
  const readers = new Map<string, number>([[output, 1]]);
  for (const name of nodes.flatMap(inputsOf)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const folds = new Map<NodeOf<'batchNorm'>, NodeOf<'conv' | 'depthwise'>>();
  for (const node of nodes) {
    if (node.op !== 'batchNorm' || readers.get(node.input) !== 1) continue;
    const source = byName.get(node.input);
    if (source?.op === 'conv' || source?.op === 'depthwise') folds.set(node, source);
  }
  return folds;
}

function foldWeights(
  convolution: NodeOf<'conv' | 'depthwise'>,
  norm: NodeOf<'batchNorm'>,
  weights: Weights,
): { weight: HostTensor; bias: HostTensor } {
  const read = (name: string): Float32Array => weights.get(name)!.values;
  const [gamma, beta] = [read(`${norm.name}/gamma`), read(`${norm.name}/beta`)];
  const [mean, variance] = [read(`${norm.name}/mean`), read(`${norm.name}/variance`)];
  const oldBias = convolution.bias ? read(`${convolution.name}/bias`) : new Float32Array(norm.channels);
  const scale = Float64Array.from(variance, (value, c) => gamma[c]! / Math.sqrt(value + norm.epsilon));
  const { shape, values } = weights.get(`${convolution.name}/weight`)!;
  // Output channels run fastest in both layouts: [kernel, kernel, in, out] and [kernel, kernel, channels, 1].
  const weight = values.map((value, index) => value * scale[index % norm.channels]!);
  const bias = oldBias.map((value, c) => (value - mean[c]!) * scale[c]! + beta[c]!);
  return { weight: { shape, values: weight }, bias: { shape: [norm.channels], values: bias } };
}

function redirect(node: NetworkNode, current: (name: string) => string): NetworkNode {
  switch (node.op) {
    case 'input':
      return node;
    case 'add':
      return { ...node, inputs: node.inputs.map(current) };
    case 'scale':
      return { ...node, input: current(node.input), gate: current(node.gate) };
    default:
      return { ...node, input: current(node.input) };
  }
}
