import { DecantError } from '../core/errors.ts';
import { checkNetwork } from './check-network.ts';
import { type Count, countNetwork } from './count-network.ts';
import { inputsOf, isFrozen, type Network, type NetworkNode } from './network.ts';
import { makeDivisible, NetworkBuilder } from './network-builder.ts';
import { parameterSpecs } from './parameter-specs.ts';
import { listBlockEnds, listTaps } from './taps.ts';
import type { Weights } from './weights.ts';

/** By how much the projector narrows the teacher's channels inside; the paper's `r`. */
const REDUCTION = 2;
/** What stands before the names of the teacher's nodes. */
const PREFIX = 'teacher/';
/** The projector's layers are called `simkd/…`. */
const PROJECTOR = 'simkd';

/**
 * A student that keeps its teacher's classifier (SimKD, Chen et al. 2022). Its own network ends after its last
 * block; then comes a projector from there to the channels of the teacher's last feature map, `simkd/reduce` (1x1, half of these
 * channels), `simkd/mix` (3x3) and `simkd/expand` (1x1, with the activation of the teacher's map), each with a batch norm; then
 * all that the teacher does with that map, frozen, under the teacher's names after `teacher/`. The paper's 3x3 convolution is
 * dense; here it is depthwise: between MobileNetV2 and MobileNetV3-Large a dense one has more parameters than all of the student's
 * blocks.
 *
 * @throws DecantError `network.invalid` where the student has no blocks, or the teacher's classifier reads more than one map
 */
export function reuseClassifier(student: Network, teacher: Network): Network {
  const trunk = listTrunk(student);
  const map = lastMap(teacher);
  const { channels } = tapOf(teacher, map);
  const epsilon = trunk.findLast((node) => node.op === 'batchNorm')?.epsilon ?? 1e-5;
  const builder = new NetworkBuilder({ epsilon });
  builder.nodes.push(...trunk);
  const end = trunk.at(-1)!.name; // The trunk ends in a block.
  const inner = { kernel: 1, stride: 1, activation: 'relu' } as const;
  let tail = builder.convBatchNorm({ name: end, channels: tapOf(student, end).channels }, `${PROJECTOR}/reduce`, {
    ...inner,
    width: makeDivisible(channels / REDUCTION),
  });
  tail = builder.depthwiseBatchNorm(tail, `${PROJECTOR}/mix`, { ...inner, kernel: 3 });
  tail = builder.convBatchNorm(tail, `${PROJECTOR}/expand`, {
    ...inner,
    width: channels,
    activation: activationOf(teacher, map),
  });
  const rename = (name: string) => (name === map ? tail.name : PREFIX + name);
  const nodes = [...builder.nodes, ...listTail(teacher).map((node) => adopt(node, rename))];
  const network: Network = { ...student, nodes, output: rename(teacher.output) };
  checkNetwork(network);
  return network;
}

/** Whether a network's classifier is that of its teacher. */
export function reusesClassifier({ nodes }: Network): boolean {
  return nodes.some(isFrozen);
}

/** Whether weights by these names belong to a network that reuses a classifier. */
export function haveProjector(weights: ReadonlyMap<string, unknown>): boolean {
  return weights.has(`${PROJECTOR}/expand/conv/weight`);
}

/**
 * Weights of a network that reuses a classifier, with the teacher's own numbers in it. Nothing that was given is changed, and
 * the teacher's arrays are shared.
 *
 * @throws DecantError `weights.mismatch` when the teacher lacks some
 */
export function adoptClassifier(network: Network, weights: Weights, teacher: Weights): Weights {
  const adopted: Weights = new Map(weights);
  for (const { name, frozen } of parameterSpecs(network)) {
    if (!frozen) continue;
    const own = name.slice(PREFIX.length);
    const tensor = teacher.get(own);
    if (!tensor)
      throw new DecantError('weights.mismatch', `The teacher has no "${own}" for its student to reuse.`, { name: own });
    adopted.set(name, tensor);
  }
  return adopted;
}

/** What projector and classifier of the teacher are of a network that has them; null where it has its own classifier. */
export function countReused(network: Network): Count | null {
  if (!reusesClassifier(network)) return null;
  const { byNode } = countNetwork(network);
  const added = [...byNode].filter(([name]) => name.startsWith(`${PROJECTOR}/`) || name.startsWith(PREFIX));
  return added.reduce(
    (sum, [, { macs, parameters }]) => ({ macs: sum.macs + macs, parameters: sum.parameters + parameters }),
    { macs: 0, parameters: 0 },
  );
}

/** Name of the last feature map of a network: the one whose mean over height and width its classifier looks at. */
export function lastMap({ architecture, nodes, output }: Network): string {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let node = byName.get(output);
  while (node && node.op !== 'globalAveragePool') node = byName.get(inputsOf(node)[0] ?? '');
  if (node) return node.input;
  throw new DecantError(
    'network.invalid',
    `${architecture} has no pooling before its classifier, so its classifier cannot be reused; use another architecture.`,
    { architecture },
  );
}

/** All up to the end of the last block. */
function listTrunk(student: Network): readonly NetworkNode[] {
  const end = listBlockEnds(student).at(-1);
  if (end) return listUpTo(student, end.name);
  throw new DecantError(
    'network.invalid',
    `${student.architecture} has no blocks that end in a linear batch norm, so no classifier can be put after them; use another architecture.`,
    { architecture: student.architecture },
  );
}

/** All that comes after the last feature map. */
function listTail(teacher: Network): readonly NetworkNode[] {
  const map = lastMap(teacher);
  const before = new Set(listUpTo(teacher, map).map(({ name }) => name));
  const tail = teacher.nodes.filter(({ name }) => !before.has(name));
  const stranger = tail.flatMap(inputsOf).find((name) => name !== map && before.has(name));
  if (stranger === undefined) return tail;
  throw new DecantError(
    'network.invalid',
    `The classifier of ${teacher.architecture} reads "${stranger}" besides its last feature map, so it cannot be reused; use another architecture.`,
    { architecture: teacher.architecture, node: stranger },
  );
}

/** A node and all that it depends on, in the network's order. */
function listUpTo({ nodes }: Network, end: string): readonly NetworkNode[] {
  const wanted = new Set([end]);
  for (const node of nodes.toReversed()) if (wanted.has(node.name)) for (const name of inputsOf(node)) wanted.add(name);
  return nodes.filter(({ name }) => wanted.has(name));
}

function tapOf(network: Network, name: string): { channels: number } {
  const { shape } = listTaps(network).find((tap) => tap.name === name)!; // Every node is one.
  return { channels: shape[2] };
}

/** What a map went through last, so that another can become like it. */
function activationOf({ nodes }: Network, map: string) {
  const node = nodes.find(({ name }) => name === map);
  return node?.op === 'batchNorm' || node?.op === 'activation' ? node.activation : 'none';
}

/** The same node under another name, its parameters frozen. */
function adopt(node: NetworkNode, rename: (name: string) => string): NetworkNode {
  const name = rename(node.name);
  switch (node.op) {
    case 'input':
      return node; // None comes after a map.
    case 'conv':
    case 'depthwise':
    case 'batchNorm':
    case 'dense':
      return { ...node, name, input: rename(node.input), frozen: true };
    case 'add':
      return { ...node, name, inputs: node.inputs.map(rename) };
    case 'scale':
      return { ...node, name, input: rename(node.input), gate: rename(node.gate) };
    default:
      return { ...node, name, input: rename(node.input) };
  }
}
