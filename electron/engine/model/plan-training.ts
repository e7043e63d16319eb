import type { TrainingGraph, TrainingStep } from '../compute/index.ts';
import { inputsOf, isFrozen, type Network, type NetworkNode, type NodeOf } from './network.ts';

const graphs = new WeakMap<Network, Map<string, TrainingGraph | null>>();

/** How a network's feature maps are trained as one operation, made once for each set of wanted nodes; null where they cannot be. */
export function planTraining(network: Network, wanted: ReadonlySet<string>): TrainingGraph | null {
  let known = graphs.get(network);
  if (!known) {
    known = new Map();
    graphs.set(network, known);
  }
  const key = JSON.stringify([...wanted].sort());
  let graph = known.get(key);
  if (graph === undefined) {
    graph = planGraph(network.nodes, wanted);
    known.set(key, graph);
  }
  return graph;
}

/**
 * The plan of a training pass, or null where the network has something that a pass does not do: convolutions without a
 * batch norm, wide windows behind the first layer, a wanted value that is never whole. `wanted` are nodes whose values the
 * caller wants besides.
 */
function planGraph(nodes: readonly NetworkNode[], wanted: ReadonlySet<string>): TrainingGraph | null {
  const readers = new Map<string, NetworkNode[]>(nodes.map(({ name }) => [name, []]));
  for (const node of nodes) for (const name of inputsOf(node)) readers.get(name)?.push(node);
  const places = new Map(nodes.map(({ name }, place) => [name, place]));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const kinds = new Map<string, 'image' | 'raw' | 'normalized' | 'whole' | 'gated' | 'means'>();
  const covers = new Set<string>();
  const steps: TrainingStep[] = [];
  const parameters: string[] = [];
  let input: NodeOf<'input'> | undefined;

  const soleReader = (name: string) => {
    const [first, ...others] = readers.get(name)!;
    return others.length === 0 && !wanted.has(name) ? first : undefined;
  };
  /** Squeeze-excitation: one reader takes the means, the other is gated by what is made of them. */
  const isSqueezed = (name: string) => {
    const ops = readers.get(name)!.map(({ op }) => op);
    return ops.length === 2 && ops.includes('globalAveragePool') && ops.includes('scale') && !wanted.has(name);
  };

  for (const node of nodes) {
    const inputKinds = inputsOf(node).map((name) => kinds.get(name));
    if (inputKinds.includes(undefined) || isFrozen(node)) continue; // Behind what is not ours, or not trained.
    const kind = inputKinds[0];
    switch (node.op) {
      case 'input':
        if (input) return null;
        input = node;
        kinds.set(node.name, 'image');
        break;
      case 'conv': {
        if (kind === 'means') {
          if (node.kernel !== 1 || node.stride !== 1 || node.padding !== 0) return null;
          steps.push({ kind: 'dense', node });
          parameters.push(`${node.name}/weight`, ...(node.bias ? [`${node.name}/bias`] : []));
          kinds.set(node.name, 'means');
          break;
        }
        const norm = soleReader(node.name);
        const isPointwise = node.kernel === 1 && node.stride === 1 && node.padding === 0;
        if (node.bias || norm?.op !== 'batchNorm' || kind === 'raw' || isPointwise === (kind === 'image')) return null;
        steps.push({ kind: 'conv', node, norm, patches: kind === 'image' });
        parameters.push(`${node.name}/weight`, `${norm.name}/gamma`, `${norm.name}/beta`);
        kinds.set(node.name, 'raw');
        break;
      }
      case 'depthwise': {
        const norm = soleReader(node.name);
        if (node.bias || norm?.op !== 'batchNorm' || (kind !== 'normalized' && kind !== 'whole')) return null;
        steps.push({ kind: 'depthwise', node, norm });
        parameters.push(`${node.name}/weight`, `${norm.name}/gamma`, `${norm.name}/beta`);
        kinds.set(node.name, 'raw');
        break;
      }
      case 'batchNorm': {
        if (kind !== 'raw') return null;
        const several = readers.get(node.name)!.length > 1 && !isSqueezed(node.name);
        if (several) steps.push({ kind: 'sum', name: node.name, branch: node.name, other: null });
        kinds.set(node.name, several ? 'whole' : 'normalized');
        break;
      }
      case 'add': {
        const [first, second, ...more] = node.inputs;
        if (!first || !second || more.length > 0 || first === second) return null;
        const isBranch = (name: string) => kinds.get(name) === 'normalized' && soleReader(name) === node;
        const branch = isBranch(second) ? second : first;
        const other = branch === second ? first : second;
        const norm = byName.get(branch);
        if (!isBranch(branch) || kinds.get(other) !== 'whole' || norm?.op !== 'batchNorm' || norm.activation !== 'none')
          return null;
        // Backward, both share one gradient, to which nothing may be added before the branch has read it.
        const [from, to] = [places.get(norm.input)!, places.get(node.name)!];
        if (readers.get(other)!.some(({ name }) => places.get(name)! >= from && places.get(name)! < to)) return null;
        steps.push({ kind: 'sum', name: node.name, branch, other });
        kinds.set(node.name, 'whole');
        break;
      }
      case 'globalAveragePool':
        if (kind !== 'normalized') return null;
        steps.push({ kind: 'pool', node });
        kinds.set(node.name, 'means');
        break;
      case 'activation':
        if (kind !== 'means') return null;
        steps.push({ kind: 'activation', node });
        kinds.set(node.name, 'means');
        break;
      case 'scale': {
        const reader = soleReader(node.name);
        const isGated = kind === 'normalized' && kinds.get(node.gate) === 'means' && isSqueezed(node.input);
        if (!isGated || reader?.op !== 'conv') return null;
        steps.push({ kind: 'gate', node });
        kinds.set(node.name, 'gated');
        break;
      }
      default:
        continue;
    }
    covers.add(node.name);
  }
  if (!input) return null;
  const outputs = [...covers].filter(
    (name) => wanted.has(name) || readers.get(name)!.some((reader) => !covers.has(reader.name)),
  );
  const isWhole = (name: string) => ['normalized', 'whole', 'means'].includes(kinds.get(name)!);
  if (steps.length === 0 || outputs.length === 0 || !outputs.every(isWhole)) return null;
  return { input: input.name, inputChannels: input.channels, steps, outputs, covers, parameters };
}
