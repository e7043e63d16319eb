import { describe, expect, it } from 'vitest';
import type { Network, NetworkNode } from '../../../electron/engine/model/index.ts';
import { planTraining } from '../../../electron/engine/model/plan-training.ts';

const input: NetworkNode = { op: 'input', name: 'image', channels: 3 };
const conv = (name: string, from: string, rest: Partial<Extract<NetworkNode, { op: 'conv' }>> = {}): NetworkNode => ({
  ...{ op: 'conv', name, input: from, kernel: 1, stride: 1, padding: 0, inChannels: 8, outChannels: 8, bias: false },
  ...rest,
});
const stem = conv('stem', 'image', { kernel: 3, stride: 2, padding: 1, inChannels: 3 });
const norm = (name: string, from: string, activation: 'none' | 'relu6' = 'relu6'): NetworkNode => ({
  ...{ op: 'batchNorm', name, input: from, channels: 8, epsilon: 1e-5, activation },
});
const pool = (from: string): NetworkNode => ({ op: 'globalAveragePool', name: 'pool', input: from });
const flatten: NetworkNode = { op: 'flatten', name: 'flat', input: 'pool' };

const networkOf = (nodes: readonly NetworkNode[]): Network => ({
  ...{
    format: 'decant-network',
    version: 1,
    architecture: 'test',
    inputSize: [8, 8],
    classes: 8,
    nodes,
    output: 'flat',
  },
});
const plan = (nodes: readonly NetworkNode[], wanted: readonly string[] = []) =>
  planTraining(networkOf(nodes), new Set(['flat', ...wanted]));

const begin = [input, stem, norm('stemNorm', 'stem')];
const residual = [
  ...[conv('a', 'stemNorm'), norm('aNorm', 'a'), conv('b', 'aNorm'), norm('bNorm', 'b', 'none')],
  { op: 'add', name: 'sum', inputs: ['stemNorm', 'bNorm'] } as const,
  ...[conv('c', 'sum'), norm('cNorm', 'c'), pool('cNorm'), flatten],
];

describe('the plan of a training pass', () => {
  it('takes convolutions with their batch norms, writes out what several read, and leaves the rest to others', () => {
    const graph = plan([...begin, ...residual])!;
    expect(graph.steps.map((step) => step.kind)).toEqual(['conv', 'sum', 'conv', 'conv', 'sum', 'conv', 'pool']);
    expect(graph.steps[1]).toEqual({ kind: 'sum', name: 'stemNorm', branch: 'stemNorm', other: null });
    expect(graph.steps[4]).toEqual({ kind: 'sum', name: 'sum', branch: 'bNorm', other: 'stemNorm' });
    expect(graph.outputs).toEqual(['pool']);
    expect(graph.steps.map((step) => step.kind === 'conv' && step.patches)).toEqual([true, ...Array(6).fill(false)]);
    expect(graph.covers.has('flat')).toBe(false);
    expect(graph.parameters).toContain('cNorm/gamma');
  });

  it('gives maps that are wanted, normalized or summed', () => {
    expect(plan([...begin, ...residual], ['sum', 'aNorm'])!.outputs).toEqual(['aNorm', 'sum', 'pool']);
  });

  it.each([
    ['a wanted value that is never whole', [...begin, ...residual], ['a']],
    ['a wanted branch of a sum', [...begin, ...residual], ['bNorm']],
    [
      'a convolution with a bias',
      [...begin, conv('a', 'stemNorm', { bias: true }), norm('n', 'a'), pool('n'), flatten],
      [],
    ],
    ['a convolution without a batch norm', [...begin, conv('a', 'stemNorm'), pool('a'), flatten], []],
    [
      'a wide window behind the first layer',
      [...begin, conv('a', 'stemNorm', { kernel: 3, padding: 1 }), norm('n', 'a'), pool('n'), flatten],
      [],
    ],
    [
      'a sum behind an activation',
      [
        ...[...begin, conv('a', 'stemNorm'), norm('n', 'a')],
        { op: 'add', name: 'sum', inputs: ['stemNorm', 'n'] } as const,
        ...[conv('c', 'sum'), norm('cNorm', 'c'), pool('cNorm'), flatten],
      ],
      [],
    ],
  ] satisfies [string, NetworkNode[], string[]][])('is not made for %s', (_, nodes, wanted) => {
    expect(plan(nodes, wanted)).toBeNull();
  });
});
