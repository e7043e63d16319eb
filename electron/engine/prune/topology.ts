import { inputsOf, type Network, type NetworkNode } from '../model/network.ts';

/**
 * Describes in words how a channel group is built, so that groups of the same structure get the same words and can be ranked
 * against each other (Fang et al. 2024, "Isomorphic Pruning for Vision Models").
 *
 * The words are the kinds of operation that produce, follow and read the channels, without names, sizes or repetition:
 * a residual stream of two blocks is like one of five. In MobileNets this tells apart stem, residual stream, expansion
 * inside a block (with or without squeeze-excitation), squeeze width, last convolution and classifier's hidden layer.
 */
export function describeTopology(
  network: Network,
  nodes: readonly NetworkNode[],
  consumers: readonly NetworkNode[],
): string {
  const pooled = findPooled(network);
  const made = wordsOf(nodes, (node) => mixingWord(node, pooled));
  const followed = wordsOf(nodes, (node) => {
    if (node.op === 'depthwise') return 'depthwise';
    if (node.op === 'scale') return 'gated';
    return undefined;
  });
  // A channel that reaches its readers without any non-linearity is a stream (linear bottleneck), summed or not.
  const curved = nodes.some(
    (node) => (node.op === 'batchNorm' || node.op === 'activation') && node.activation !== 'none',
  );
  const read = wordsOf(consumers, (node) => mixingWord(node, pooled));
  return [made, ...(followed ? [followed] : []), curved ? 'curved' : 'linear', read || 'output'].join(' > ');
}

function mixingWord(node: NetworkNode, pooled: ReadonlySet<string>): string | undefined {
  if (node.op === 'input') return 'image';
  if (node.op === 'dense') return 'dense';
  if (node.op !== 'conv') return undefined;
  if (pooled.has(node.input)) return 'pooled';
  return node.kernel === 1 ? 'pointwise' : 'window';
}

/** Names of the nodes whose output is one pixel because of a global pool before them. */
function findPooled(network: Network): Set<string> {
  const pooled = new Set<string>();
  for (const node of network.nodes) {
    if (node.op === 'globalAveragePool') pooled.add(node.name);
    else if (node.op !== 'input' && node.op !== 'scale' && inputsOf(node).every((input) => pooled.has(input))) {
      pooled.add(node.name);
    }
  }
  return pooled;
}

function wordsOf(nodes: readonly NetworkNode[], word: (node: NetworkNode) => string | undefined): string {
  const words = nodes.map(word).filter((text) => text !== undefined);
  return [...new Set(words)].sort().join(' + ');
}
