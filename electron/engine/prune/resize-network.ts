import type { Network, NetworkNode } from '../model/network.ts';
import type { ChannelGroup } from './channel-groups.ts';

/**
 * The same network with other channel counts: `widths` gives new counts by group id, groups not named keep theirs.
 * Names, order and everything else stay.
 */
export function resizeNetwork(
  network: Network,
  groups: readonly ChannelGroup[],
  widths: ReadonlyMap<string, number>,
): Network {
  const byNode = new Map(
    groups.flatMap((group) => group.nodes.map((node) => [node, widths.get(group.id) ?? group.channels] as const)),
  );
  const widthOf = (node: string): number => byNode.get(node)!; // Every node is in one group.
  const resize = (node: NetworkNode): NetworkNode => {
    switch (node.op) {
      case 'conv':
        return { ...node, inChannels: widthOf(node.input), outChannels: widthOf(node.name) };
      case 'dense':
        return { ...node, inFeatures: widthOf(node.input), outFeatures: widthOf(node.name) };
      case 'depthwise':
      case 'batchNorm':
        return { ...node, channels: widthOf(node.name) };
      default:
        return node;
    }
  };
  return { ...network, nodes: network.nodes.map(resize) };
}
