import { describe, expect, it } from 'vitest';
import { DecantError } from '../../../electron/engine/core/errors.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  foldBatchNorm,
  initializeWeights,
  parseClassifier,
  parseNetwork,
} from '../../../electron/engine/model/index.ts';

type Json = Record<string, unknown>;

/** A small valid description: convolution, batch norm, a residual sum, a gate, the classifier. */
function describeTiny(): { nodes: Json[] } & Json {
  const conv = { kernel: 3, stride: 1, padding: 1, bias: false };
  return {
    format: 'decant-network',
    version: 1,
    architecture: 'tiny',
    inputSize: [16, 16],
    classes: 3,
    nodes: [
      { op: 'input', name: 'input', channels: 3 },
      { op: 'conv', name: 'a', input: 'input', inChannels: 3, outChannels: 4, ...conv },
      { op: 'batchNorm', name: 'b', input: 'a', channels: 4, epsilon: 1e-5, activation: 'relu' },
      { op: 'depthwise', name: 'c', input: 'b', channels: 4, ...conv },
      { op: 'add', name: 'd', inputs: ['b', 'c'] },
      { op: 'globalAveragePool', name: 'e', input: 'd' },
      { op: 'activation', name: 'f', input: 'e', activation: 'hard-sigmoid' },
      { op: 'scale', name: 'g', input: 'd', gate: 'f' },
      { op: 'globalAveragePool', name: 'h', input: 'g' },
      { op: 'flatten', name: 'i', input: 'h' },
      { op: 'dropout', name: 'j', input: 'i', rate: 0.2 },
      { op: 'dense', name: 'k', input: 'j', inFeatures: 4, outFeatures: 3, bias: true },
    ],
    output: 'k',
  };
}

/** Changes to one node of the tiny description, by name. */
function change(name: string, fields: Json): (json: { nodes: Json[] }) => void {
  return ({ nodes }) => {
    Object.assign(nodes.find((node) => node.name === name)!, fields);
  };
}

function remove(name: string, field: string): (json: { nodes: Json[] }) => void {
  return ({ nodes }) => {
    delete nodes.find((node) => node.name === name)![field];
  };
}

it.each([
  [[16, 16], null],
  [[512, 512], null],
  [[8, 8], /8 × 8 pixels, but only squares of 16 to 512/],
  [[16, 32], /16 × 32/],
  [[1024, 1024], /1024 × 1024/],
])('parseClassifier: %j', (inputSize, message) => {
  const parse = () => parseClassifier({ ...describeTiny(), inputSize });
  if (message) expect(parse).toThrow(message);
  else expect(parse().inputSize).toEqual(inputSize);
});

describe('parseNetwork', () => {
  it('accepts a small description and gives it back', () => {
    expect(parseNetwork(describeTiny())).toEqual(describeTiny());
  });

  it.each(['mobilenet-v2', 'mobilenet-v3-large', 'mobilenet-v3-small'] as const)(
    'reads %s from JSON',
    (architecture) => {
      const network = buildNetwork({ architecture, width: 0.5, classes: 10, inputSize: 64 });
      expect(parseNetwork(JSON.parse(JSON.stringify(network)))).toEqual(network);
      const folded = foldBatchNorm(network, initializeWeights(network, new Random(1))).network;
      expect(parseNetwork(JSON.parse(JSON.stringify(folded)))).toEqual(folded);
    },
  );

  it.each<[string, (json: { nodes: Json[] } & Json) => void, RegExp, string?]>([
    ['a foreign format', (json) => Object.assign(json, { format: 'onnx' }), /format "onnx"/],
    ['no format', (json) => delete json.format, /format missing/],
    [
      'a newer version',
      (json) => Object.assign(json, { version: 2 }),
      /newer version of Decant \(network version 2; this one reads up to 1\)/,
    ],
    ['an unknown key', (json) => Object.assign(json, { extra: 1 }), /unknown key "extra"/],
    ['no architecture', (json) => delete json.architecture, /"architecture" is missing/],
    ['classes as text', (json) => Object.assign(json, { classes: '3' }), /"classes" is "3"/],
    ['no classes at all', (json) => Object.assign(json, { classes: 0 }), /number of classes is 0/],
    ['an input size of one number', (json) => Object.assign(json, { inputSize: 8 }), /"inputSize" is 8/],
    ['a huge input', (json) => Object.assign(json, { inputSize: [8, 1e9] }), /input size is 1000000000/],
    ['nodes that are no list', (json) => Object.assign(json, { nodes: {} }), /"nodes" is \{\}/],
    ['no nodes', (json) => Object.assign(json, { nodes: [] }), /0 nodes of op "input"/],
    ['too many nodes', (json) => Object.assign(json, { nodes: Array(10_001).fill(json.nodes[0]) }), /10001 nodes/],
    ['a node that is null', (json) => json.nodes.splice(2, 1, JSON.parse('null')), /Node number 3 is null/],
    ['a node without name', remove('c', 'name'), /Node number 4 has the name missing/],
    ['an empty name', change('c', { name: '' }), /Node number 4 \(depthwise\) has an empty name/],
    ['an unknown op', change('c', { op: 'depthwize' }), /Node "c" has the unknown op "depthwize".*"depthwise"/, 'c'],
    ['an op of the prototype', change('c', { op: 'constructor' }), /Node "c" has the unknown op "constructor"/, 'c'],
    ['a missing field', remove('a', 'kernel'), /Node "a" \(conv\) lacks "kernel"/, 'a'],
    ['a strange field', change('a', { dilation: 2 }), /Node "a" \(conv\) has an unknown key "dilation"/, 'a'],
    ['a number as text', change('a', { stride: '1' }), /Node "a": "stride" is "1"/, 'a'],
    ['infinite channels', change('a', { outChannels: Number.POSITIVE_INFINITY }), /Node "a": "outChannels"/, 'a'],
    ['half a channel', change('a', { outChannels: 4.5 }), /Node "a": outChannels is 4.5/],
    ['too many channels', change('a', { outChannels: 1e6 }), /Node "a": outChannels is 1000000/],
    ['no stride', change('a', { stride: 0 }), /Node "a": stride is 0/],
    ['a negative padding', change('a', { padding: -1 }), /Node "a" pads -1/, 'a'],
    ['a padding as large as the kernel', change('a', { padding: 3 }), /Node "a" pads 3/, 'a'],
    ['an unknown activation', change('b', { activation: 'gelu' }), /Node "b": "activation" is "gelu".*relu6/, 'b'],
    ['an epsilon of 0', change('b', { epsilon: 0 }), /Node "b" has epsilon 0/, 'b'],
    ['a dropout of everything', change('j', { rate: 1 }), /Node "j" drops with rate 1/, 'j'],
    ['inputs that are no list', change('d', { inputs: 'b' }), /Node "d": "inputs" is "b"/, 'd'],
    ['a sum of one', change('d', { inputs: ['c'] }), /Node "d" adds fewer than two/, 'd'],
    ['a bias that is no truth value', change('k', { bias: 1 }), /Node "k": "bias" is 1/, 'k'],
    ['a name that is not there', change('c', { input: 'x' }), /Node "c" reads "x", which is not among the nodes/, 'c'],
    ['a gate that is not there', change('g', { gate: 'x' }), /Node "g" reads "x"/, 'g'],
    ['a node that reads itself', change('c', { input: 'c' }), /Node "c" depends on itself in a circle: c -> c/, 'c'],
    ['a circle', change('c', { input: 'd' }), /Node "c" depends on itself in a circle: c -> d -> c/, 'c'],
    [
      'a wrong order',
      (json) => json.nodes.splice(1, 2, json.nodes[2]!, json.nodes[1]!),
      /Node "b" reads "a", which comes later/,
      'b',
    ],
    ['a name twice', change('c', { name: 'b' }), /Node "b" appears twice/, 'b'],
    ['two inputs', (json) => json.nodes.push({ op: 'input', name: 'z', channels: 3 }), /2 nodes of op "input"/],
    [
      'a node for nothing',
      (json) => json.nodes.push({ op: 'flatten', name: 'z', input: 'h' }),
      /Node "z" is read by no other node/,
      'z',
    ],
    ['wrong input channels', change('a', { inChannels: 1 }), /Node "a" expects 1 channels, but "input" gives 3/, 'a'],
    ['wrong batch norm channels', change('b', { channels: 8 }), /Node "b" expects 8 channels, but "a" gives 4/, 'b'],
    ['wrong depthwise channels', change('c', { channels: 8 }), /Node "c" expects 8 channels, but "b" gives 4/, 'c'],
    [
      'a sum of different sizes',
      change('c', { stride: 2 }),
      /Node "d" adds "b" \[16, 16, 4\] and "c" \[8, 8, 4\]/,
      'd',
    ],
    ['a window larger than the map', change('a', { kernel: 19, padding: 0 }), /Node "a" slides a 19 x 19 window/, 'a'],
    ['a gate that is not pooled', change('f', { input: 'd' }), /Node "g" scales .* by "f" \[16, 16, 4\]/, 'g'],
    ['flattening a map', change('i', { input: 'g' }), /Node "i" flattens "g" \[16, 16, 4\]/, 'i'],
    ['dense on a map', change('k', { input: 'h' }), /Node "k" reads the feature map "h"/, 'k'],
    ['wrong features', change('k', { inFeatures: 5 }), /Node "k" expects 5 channels, but "j" gives 4/, 'k'],
    [
      'an output that is not there',
      (json) => Object.assign(json, { output: 'x' }),
      /output "x" is not among the nodes/,
      'x',
    ],
    [
      'an output that is a map',
      (json) => Object.assign(json, { output: 'h', nodes: json.nodes.slice(0, 9) }),
      /Node "h" is the output and gives a feature map/,
      'h',
    ],
    [
      'an output of another size',
      (json) => Object.assign(json, { classes: 5 }),
      /Node "k" is the output and gives 3 numbers, but there are 5/,
      'k',
    ],
  ])('refuses %s', (_, spoil, message, node) => {
    const json = describeTiny();
    spoil(json);
    const error = catchError(() => parseNetwork(json));
    expect(error.code).toBe('network.invalid');
    expect(error.message).toMatch(message);
    if (node !== undefined) expect(error.details.node).toBe(node);
  });

  it.each([null, 3, 'x', [], undefined])('refuses %j', (json) => {
    expect(catchError(() => parseNetwork(json)).code).toBe('network.invalid');
  });
});

function catchError(action: () => unknown): DecantError {
  try {
    action();
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
