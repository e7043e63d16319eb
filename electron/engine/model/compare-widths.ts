import type { LayerWidth } from '../../../shared/run/live.ts';
import type { Network } from './index.ts';

/** Output channels of every convolution of a network, before any cut and now. */
export function compareWidths(full: Network, cut: Network): LayerWidth[] {
  const now = new Map(
    cut.nodes.flatMap((node) => (node.op === 'conv' ? [[node.name, node.outChannels] as const] : [])),
  );
  return full.nodes.flatMap((node) =>
    // A cut takes channels away, never a whole layer.
    node.op === 'conv' ? { name: node.name, before: node.outChannels, now: now.get(node.name)! } : [],
  );
}
