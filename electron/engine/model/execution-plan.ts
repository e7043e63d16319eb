import { inputsOf, type Network, type NodeOf } from './network.ts';

/** What the forward pass needs to know about a network besides its nodes. */
export interface ExecutionPlan {
  /** How many times each node's output is read. */
  readonly readers: ReadonlyMap<string, number>;
  /** The activation that a convolution may apply itself, because nothing else reads the convolution. */
  readonly activationAfter: ReadonlyMap<string, NodeOf<'activation'>>;
}

const plans = new WeakMap<Network, ExecutionPlan>();

/** The plan of a network, made once. */
export function planExecution(network: Network): ExecutionPlan {
  const known = plans.get(network);
  if (known) return known;
  const readers = new Map(network.nodes.map((node) => [node.name, 0]));
  for (const node of network.nodes) {
    for (const name of inputsOf(node)) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const convolutions = new Set(
    network.nodes.filter(({ op }) => op === 'conv' || op === 'depthwise').map(({ name }) => name),
  );
  const activationAfter = new Map<string, NodeOf<'activation'>>();
  for (const node of network.nodes) {
    if (node.op !== 'activation' || !convolutions.has(node.input) || readers.get(node.input) !== 1) continue;
    activationAfter.set(node.input, node);
  }
  const plan = { readers, activationAfter };
  plans.set(network, plan);
  return plan;
}
