import { findInputSizeFault } from '../../../shared/run/network-limits.ts';
import { describeNewer, upgradeStored } from '../../../shared/stored/form.ts';
import { NETWORK_FORM } from '../../../shared/stored/network-form.ts';
import { shorten, showValue } from '../../../shared/text/shorten.ts';
import { ACTIVATIONS } from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import { checkNetwork } from './check-network.ts';
import type { Network, NetworkNode } from './network.ts';
import { nearest } from './taps.ts';

/** Characters of a node's name, and of the architecture's. */
const LONGEST_NAME = 255;

type FieldKind = 'name' | 'names' | 'number' | 'boolean' | 'activation' | 'mark';

const UNARY = { input: 'name' } as const;
const WINDOWED = { input: 'name', kernel: 'number', stride: 'number', padding: 'number', bias: 'boolean' } as const;

/** The fields of every operation besides `op` and `name`. */
const FIELDS = {
  input: { channels: 'number' },
  conv: { ...WINDOWED, inChannels: 'number', outChannels: 'number' },
  depthwise: { ...WINDOWED, channels: 'number' },
  batchNorm: { ...UNARY, channels: 'number', epsilon: 'number', activation: 'activation' },
  activation: { ...UNARY, activation: 'activation' },
  add: { inputs: 'names' },
  globalAveragePool: UNARY,
  scale: { ...UNARY, gate: 'name' },
  flatten: UNARY,
  dropout: { ...UNARY, rate: 'number' },
  dense: { ...UNARY, inFeatures: 'number', outFeatures: 'number', bias: 'boolean' },
} as const satisfies Record<NetworkNode['op'], Record<string, FieldKind>>;

/** Operations with parameters, which may be marked as frozen. */
const FREEZABLE: readonly string[] = ['conv', 'depthwise', 'batchNorm', 'dense'] satisfies NetworkNode['op'][];

/** Whether a value is of a kind, and how the kind is told to people. */
const KINDS: Record<FieldKind, { matches: (value: unknown) => boolean; said: string }> = {
  name: { matches: (value) => typeof value === 'string', said: 'the name of a node' },
  names: {
    matches: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    said: 'a list of names of nodes',
  },
  number: { matches: (value) => typeof value === 'number' && Number.isFinite(value), said: 'a number' },
  boolean: { matches: (value) => typeof value === 'boolean', said: 'true or false' },
  activation: {
    matches: (value) => ACTIVATIONS.some((activation) => activation === value),
    said: `one of ${ACTIVATIONS.join(', ')}`,
  },
  mark: { matches: (value) => value === true, said: 'true, or left out' },
};

/**
 * Reads a network description from parsed JSON and checks all of it, so that whoever holds a `Network` can rely on it.
 *
 * Throws `network.invalid`; the message names the node and the value.
 */
export function parseNetwork(json: unknown): Network {
  if (!isRecord(json)) throw broken('A network description is a JSON object.');
  const upgraded = json.format === 'decant-network' ? upgradeStored(NETWORK_FORM, json) : null;
  if (upgraded?.ok === false)
    throw broken(
      upgraded.why === 'newer'
        ? describeNewer('The network description', upgraded)
        : `The network description is invalid: ${upgraded.details}.`,
    );
  const { format, architecture, inputSize, classes, nodes, output, ...others } = upgraded?.value ?? json;
  if (format !== 'decant-network') {
    throw broken(`The network description has format ${showValue(format)}: it should be "decant-network".`);
  }
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined) throw broken(`The network description has an unknown key "${shorten(unknownKey)}".`);
  if (typeof architecture !== 'string')
    throw broken(`"architecture" is ${showValue(architecture)}: it should be a string.`);
  if (architecture.length > LONGEST_NAME)
    throw broken(`"architecture" has ${architecture.length} characters: use at most ${LONGEST_NAME}.`);
  if (typeof classes !== 'number') throw broken(`"classes" is ${showValue(classes)}: it should be a number.`);
  if (typeof output !== 'string') throw broken(`"output" is ${showValue(output)}: it should be the name of a node.`);
  if (!isPair(inputSize)) throw broken(`"inputSize" is ${showValue(inputSize)}: it should be [height, width].`);
  if (!Array.isArray(nodes)) throw broken(`"nodes" is ${showValue(nodes)}: it should be a list.`);
  const network: Network = {
    format,
    version: 1,
    architecture,
    inputSize: [inputSize[0], inputSize[1]],
    classes,
    nodes: nodes.map(parseNode),
    output,
  };
  checkNetwork(network);
  return network;
}

/**
 * As `parseNetwork`, for a network that images of a dataset are to be given to.
 *
 * Throws `network.invalid`, also for an input size that no recipe could have.
 */
export function parseClassifier(json: unknown): Network {
  const network = parseNetwork(json);
  const fault = findInputSizeFault(network.inputSize);
  if (fault !== null) throw broken(`The network ${fault}.`);
  return network;
}

function parseNode(json: unknown, index: number): NetworkNode {
  if (!isRecord(json)) throw broken(`Node number ${index + 1} is ${showValue(json)}: it should be an object.`);
  const { name, op } = json;
  if (typeof name !== 'string')
    throw broken(`Node number ${index + 1} has the name ${showValue(name)}: it should be a string.`);
  if (name.length > LONGEST_NAME)
    throw broken(`Node number ${index + 1} has a name of ${name.length} characters: use at most ${LONGEST_NAME}.`);
  if (typeof op !== 'string' || !Object.hasOwn(FIELDS, op)) {
    const near = typeof op === 'string' ? ` (did you mean "${nearest(op, Object.keys(FIELDS), 1)[0]}"?)` : '';
    throw broken(`Node "${name}" has the unknown op ${showValue(op)}${near}.`, name);
  }
  const marked = Object.hasOwn(json, 'frozen') && FREEZABLE.includes(op);
  const fields: Record<string, FieldKind> = {
    ...FIELDS[op as NetworkNode['op']],
    ...(marked && { frozen: 'mark' as const }),
  };
  for (const [field, kind] of Object.entries(fields)) {
    if (!Object.hasOwn(json, field)) throw broken(`Node "${name}" (${op}) lacks "${field}".`, name);
    if (KINDS[kind].matches(json[field])) continue;
    throw broken(`Node "${name}": "${field}" is ${showValue(json[field])}: it should be ${KINDS[kind].said}.`, name);
  }
  for (const key of Object.keys(json)) {
    if (key === 'op' || key === 'name' || Object.hasOwn(fields, key)) continue;
    throw broken(`Node "${name}" (${op}) has an unknown key "${shorten(key)}".`, name);
  }
  // Safe: `op` is known, and each of its fields was found and has its kind.
  return { ...json } as NetworkNode;
}

function broken(message: string, node?: string): DecantError {
  return new DecantError('network.invalid', message, node === undefined ? {} : { node });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPair(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === 'number');
}
