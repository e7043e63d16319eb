import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { countNetwork } from '../../../electron/engine/model/index.ts';
import { countOperations, readImageShape } from '../../../electron/engine/onnx/count-operations.ts';
import {
  decodeModel,
  encodeModel,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from '../../../electron/engine/onnx/messages.ts';
import { drawRequest } from '../export/samples.ts';

const IMAGE = [1, 3, 32, 32];

function node(opType: string, input: string[], output: string, ints: Record<string, number[]> = {}): OnnxNode {
  const attribute = Object.entries(ints).map(([name, ints]) => ({ name, type: 7, ints }));
  return { name: output, opType, input, output: [output], attribute };
}

function modelOf(nodes: OnnxNode[], weights: Record<string, number[]> = {}): OnnxModel {
  const initializer = Object.entries(weights).map(([name, dims]) => ({
    name,
    dims,
    dataType: 1,
    rawData: new Uint8Array(0), // Left out: only shapes count.
  }));
  const input = [{ name: 'image', type: { tensorType: { elemType: 1, shape: { dim: [] } } } }];
  const graph: OnnxGraph = { name: '', node: nodes, initializer, input, output: [] };
  return { irVersion: 8, producerName: '', docString: '', graph, opsetImport: [], metadataProps: [] };
}

const operationsOf = (model: OnnxModel) => countOperations(model, IMAGE).operations;

test.each(['mobilenet-v2', 'mobilenet-v3-small', 'mobilenet-v4-conv-small'] as const)(
  'of %s are its multiplications and the numbers it writes',
  (architecture) => {
    const request = drawRequest({ architecture });
    const { network } = request;
    const cost = countOperations(decodeModel(EXPORTERS.onnx.write(request)), [1, 3, ...network.inputSize]);
    const counted = cost.operations;
    expect(cost.whole).toBe(true);
    const { macs } = countNetwork(network);
    expect(counted).toBeGreaterThan(macs);
    expect(counted).toBeLessThan(2 * macs);
  },
);

test('of a convolution by hand: strides, pads and dilations', () => {
  const window = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] };
  const graph = modelOf([node('Conv', ['image', 'w'], 'y', window)], { w: [8, 3, 3, 3] });
  // (32 + 2 - 4 - 1) / 2 + 1 = 15.
  expect(operationsOf(graph)).toBe(15 * 15 * 8 * (27 + 1));
});

test('of padding that the runtime chooses', () => {
  const same = node('Conv', ['image', 'w'], 'y');
  same.attribute.push({ name: 'auto_pad', type: 3, s: Buffer.from('SAME_UPPER') });
  expect(operationsOf(modelOf([same], { w: [8, 3, 5, 5] }))).toBe(32 * 32 * 8 * (75 + 1));
});

test('of a pool whose window is as large as the image', () => {
  const pads = [16, 16, 15, 15];
  const graph = modelOf([node('MaxPool', ['image'], 'y', { kernel_shape: [32, 32], pads })], {});
  expect(operationsOf(graph)).toBe(3 * 32 * 32 * (1024 + 1));
});

test('of products, and at least once each weight where a shape is not known', () => {
  const nodes = [node('Flatten', ['image'], 'x'), node('Gemm', ['x', 'w'], 'y')];
  const weights = { w: [3072, 10] };
  expect(operationsOf(modelOf(nodes, weights))).toBe(3072 + 30_720 + 10);
  const odd = [node('Odd', ['image'], 'x'), node('Gemm', ['x', 'w'], 'y')];
  expect(operationsOf(modelOf(odd, weights))).toBe(3072 + 30_720);
});

test('of a node that only reads are the numbers that it reads', () => {
  const sum = node('ReduceMean', ['image'], 'y', { axes: [1, 2, 3] });
  expect(operationsOf(modelOf([sum]))).toBe(3 * 32 * 32);
});

test('the largest value is that of any node', () => {
  const nodes = [node('Conv', ['image', 'w'], 'x'), node('GlobalAveragePool', ['x'], 'y')];
  expect(countOperations(modelOf(nodes, { w: [8, 3, 1, 1] }), IMAGE).largest).toBe(8 * 32 * 32);
});

test.each<[string, OnnxModel]>([
  ['an operator that is not known', modelOf([node('Loop', ['image'], 'y')])],
  ['a shape that is not known', modelOf([node('Slice', ['image', 'a'], 'x'), node('MatMul', ['x', 'x'], 'y')])],
  ["another program's operator of a known name", modelOf([{ ...node('Relu', ['image'], 'y'), domain: 'mine' }])],
  ['operators that the file brings', { ...modelOf([node('Relu', ['image'], 'y')]), functions: [new Uint8Array(2)] }],
])('are not all of them with %s', (_, model) => {
  expect(countOperations(model, IMAGE).whole).toBe(false);
});

test('operators of a file and their owners outlive decoding and encoding', () => {
  const model = { ...modelOf([{ ...node('Relu', ['image'], 'y'), domain: 'mine' }]), functions: [new Uint8Array(2)] };
  const { graph, functions } = decodeModel(encodeModel(model));
  expect([graph.node[0]!.domain, functions!.map(({ length }) => length)]).toEqual(['mine', [2]]);
});

test.each<[(number | undefined)[], number[] | null]>([
  [
    [1, 3, 32, 32],
    [1, 3, 32, 32],
  ],
  [
    [undefined, 3, undefined, undefined],
    [1, 3, 64, 64],
  ],
  [
    [4, 48, 48, 3],
    [4, 48, 48, 3],
  ],
  [[1, 3, 1e9, 1e9], null],
  [[1, 3], null],
])('images of a graph that takes %j', (dims, shape) => {
  const { graph } = modelOf([]);
  graph.input[0]!.type.tensorType.shape.dim = dims.map((dimValue) => (dimValue === undefined ? {} : { dimValue }));
  expect(readImageShape(graph, [64, 64])).toEqual(shape);
});
