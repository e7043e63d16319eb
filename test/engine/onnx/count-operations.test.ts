import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { countNetwork } from '../../../electron/engine/model/index.ts';
import { countOperations } from '../../../electron/engine/onnx/count-operations.ts';
import { decodeModel, type OnnxGraph, type OnnxNode } from '../../../electron/engine/onnx/messages.ts';
import { drawRequest } from '../export/samples.ts';

const IMAGE = [1, 3, 32, 32];

function node(opType: string, input: string[], output: string, ints: Record<string, number[]> = {}): OnnxNode {
  const attribute = Object.entries(ints).map(([name, ints]) => ({ name, type: 7, ints }));
  return { name: output, opType, input, output: [output], attribute };
}

function graphOf(nodes: OnnxNode[], weights: Record<string, number[]>): OnnxGraph {
  const initializer = Object.entries(weights).map(([name, dims]) => ({
    name,
    dims,
    dataType: 1,
    rawData: new Uint8Array(0), // Left out: only shapes count.
  }));
  const input = [{ name: 'image', type: { tensorType: { elemType: 1, shape: { dim: [] } } } }];
  return { name: '', node: nodes, initializer, input, output: [] };
}

test.each(['mobilenet-v2', 'mobilenet-v3-small', 'mobilenet-v4-conv-small'] as const)(
  'of %s are its multiplications and the numbers it writes',
  (architecture) => {
    const request = drawRequest({ architecture });
    const { network } = request;
    const { graph } = decodeModel(EXPORTERS.onnx.write(request));
    const counted = countOperations(graph, [1, 3, ...network.inputSize]);
    const { macs } = countNetwork(network);
    expect(counted).toBeGreaterThan(macs);
    expect(counted).toBeLessThan(2 * macs);
  },
);

test('of a convolution by hand: strides, pads and dilations', () => {
  const window = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] };
  const graph = graphOf([node('Conv', ['image', 'w'], 'y', window)], { w: [8, 3, 3, 3] });
  // (32 + 2 - 4 - 1) / 2 + 1 = 15.
  expect(countOperations(graph, IMAGE)).toBe(15 * 15 * 8 * (27 + 1));
});

test('of padding that the runtime chooses', () => {
  const same = node('Conv', ['image', 'w'], 'y');
  same.attribute.push({ name: 'auto_pad', type: 3, s: Buffer.from('SAME_UPPER') });
  expect(countOperations(graphOf([same], { w: [8, 3, 5, 5] }), IMAGE)).toBe(32 * 32 * 8 * (75 + 1));
});

test('of a pool whose window is as large as the image', () => {
  const pads = [16, 16, 15, 15];
  const graph = graphOf([node('MaxPool', ['image'], 'y', { kernel_shape: [32, 32], pads })], {});
  expect(countOperations(graph, IMAGE)).toBe(3 * 32 * 32 * (1024 + 1));
});

test('of products, and at least once each weight where a shape is not known', () => {
  const nodes = [node('Flatten', ['image'], 'x'), node('Gemm', ['x', 'w'], 'y')];
  const weights = { w: [3072, 10] };
  expect(countOperations(graphOf(nodes, weights), IMAGE)).toBe(3072 + 30_720 + 10);
  const odd = [node('Odd', ['image'], 'x'), node('Gemm', ['x', 'w'], 'y')];
  expect(countOperations(graphOf(odd, weights), IMAGE)).toBe(30_720);
});
