import { MOST_CLASSES } from '../../../shared/run/network-limits.ts';
import { DecantError } from '../core/errors.ts';
import { inputsOf, type Network } from './network.ts';
import { parameterSpecs, sizeOf } from './parameter-specs.ts';
import { inferShapes, invalid } from './shapes.ts';

/** Limits that keep a hostile description from exhausting memory; real networks are far below. */
const LARGEST = {
  side: 8192,
  channels: 65_536,
  classes: MOST_CLASSES,
  nodes: 10_000,
  parameters: 2 ** 30,
  map: 2 ** 31,
};

/**
 * Checks that a description of the right form means something: sizes in range, names unique and defined before use,
 * shapes that fit, one input, nothing computed in vain, logits at the end.
 *
 * Throws `network.invalid`; the message names the node.
 */
export function checkNetwork(network: Network): void {
  const { nodes, inputSize, classes, output } = network;
  if (nodes.length > LARGEST.nodes) {
    throw new DecantError('network.invalid', `The network has ${nodes.length} nodes: the limit is ${LARGEST.nodes}.`);
  }
  for (const side of inputSize) checkCount('The input size', side, LARGEST.side);
  checkCount('The number of classes', classes, LARGEST.classes);
  checkSizes(network);
  checkNames(network);

  const shapes = inferShapes(network);
  for (const node of nodes) {
    const { height, width, channels } = shapes.get(node.name)!;
    if (height * width * channels > LARGEST.map)
      throw invalid(node, `gives a map of ${height} x ${width} x ${channels}`);
  }
  const parameters = parameterSpecs(network).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (parameters > LARGEST.parameters) {
    throw new DecantError(
      'network.invalid',
      `The network has ${parameters} parameters: the limit is ${LARGEST.parameters}.`,
    );
  }
  const logits = shapes.get(output);
  if (!logits) {
    throw new DecantError('network.invalid', `The output "${output}" is not among the nodes.`, { node: output });
  }
  if (!logits.flat || logits.channels !== classes) {
    const gives = logits.flat ? `${logits.channels} numbers` : 'a feature map';
    throw invalid({ name: output }, `is the output and gives ${gives}, but there are ${classes} classes`);
  }
  checkAllRead(network);
}

function checkSizes({ nodes }: Network): void {
  for (const node of nodes) {
    switch (node.op) {
      case 'input':
      case 'batchNorm':
        checkCount(`Node "${node.name}": channels`, node.channels, LARGEST.channels);
        break;
      case 'conv':
        checkCount(`Node "${node.name}": inChannels`, node.inChannels, LARGEST.channels);
        checkCount(`Node "${node.name}": outChannels`, node.outChannels, LARGEST.channels);
        break;
      case 'depthwise':
        checkCount(`Node "${node.name}": channels`, node.channels, LARGEST.channels);
        break;
      case 'dense':
        checkCount(`Node "${node.name}": inFeatures`, node.inFeatures, LARGEST.channels);
        checkCount(`Node "${node.name}": outFeatures`, node.outFeatures, LARGEST.channels);
        break;
      case 'dropout':
        if (!(node.rate >= 0 && node.rate < 1)) throw invalid(node, `drops with rate ${node.rate}: use 0 to below 1`);
        break;
      default:
    }
    if (node.op === 'batchNorm' && !(node.epsilon > 0 && node.epsilon < 1)) {
      throw invalid(node, `has epsilon ${node.epsilon}: use a small positive number`);
    }
    if (node.op === 'conv' || node.op === 'depthwise') {
      checkCount(`Node "${node.name}": kernel`, node.kernel, 64);
      checkCount(`Node "${node.name}": stride`, node.stride, 64);
      if (!(Number.isInteger(node.padding) && node.padding >= 0 && node.padding < node.kernel)) {
        throw invalid(node, `pads ${node.padding} pixels: use 0 to kernel - 1 (${node.kernel - 1})`);
      }
    }
  }
}

function checkCount(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new DecantError('network.invalid', `${what} is ${value}: use a whole number from 1 to ${most}.`, { value });
}

function checkNames(network: Network): void {
  const position = new Map<string, number>();
  for (const [index, node] of network.nodes.entries()) {
    if (node.name === '') {
      throw new DecantError('network.invalid', `Node number ${index + 1} (${node.op}) has an empty name.`, { index });
    }
    if (position.has(node.name)) throw invalid(node, 'appears twice: names must be unique');
    position.set(node.name, index);
  }
  const inputs = network.nodes.filter((node) => node.op === 'input');
  if (inputs.length !== 1) {
    throw new DecantError(
      'network.invalid',
      `The network has ${inputs.length} nodes of op "input": it needs exactly one.`,
    );
  }
  for (const [index, node] of network.nodes.entries()) {
    for (const name of inputsOf(node)) {
      const source = position.get(name);
      if (source === undefined) throw invalid(node, `reads "${name}", which is not among the nodes`);
      if (source < index) continue;
      const circle = findCircle(network, node.name);
      if (circle) throw invalid(node, `depends on itself in a circle: ${circle.join(' -> ')}`);
      throw invalid(node, `reads "${name}", which comes later: list nodes in order of computation`);
    }
  }
}

function checkAllRead({ nodes, output }: Network): void {
  const read = new Set([output, ...nodes.flatMap(inputsOf)]);
  for (const node of nodes) {
    if (!read.has(node.name)) throw invalid(node, 'is read by no other node and is not the output: remove it');
  }
}

/** A path from a node back to itself along inputs, or null. */
function findCircle({ nodes }: Network, start: string): string[] | null {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = byName.get(name);
    for (const next of node ? inputsOf(node) : []) {
      if (next === start) {
        const path = [start];
        for (let at: string | undefined = name; at !== undefined && at !== start; at = cameFrom.get(at))
          path.unshift(at);
        return [start, ...path];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return null;
}
