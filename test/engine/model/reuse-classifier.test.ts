import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  type Architecture,
  adoptClassifier,
  buildNetwork,
  countNetwork,
  countReused,
  disposeForward,
  forward,
  initializeWeights,
  isFrozen,
  lastMap,
  type Network,
  type NetworkNode,
  Parameters,
  parameterSpecs,
  parseNetwork,
  reuseClassifier,
  reusesClassifier,
} from '../../../electron/engine/model/index.ts';
import { planTraining } from '../../../electron/engine/model/plan-training.ts';
import { SIZE, tinyNetwork } from '../train/tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const build = (architecture: Architecture, width = 1) =>
  buildNetwork({ architecture, width, classes: 10, inputSize: 64, stemStride: 1 });
const nodeOf = (network: Network, name: string) => network.nodes.find((node) => node.name === name);

describe('a student with its teacher’s classifier', () => {
  const [student, teacher] = [build('mobilenet-v2'), build('mobilenet-v3-large')];
  const network = reuseClassifier(student, teacher);

  it('ends in its last block, a projector to the teacher’s last map, and what the teacher does with it', () => {
    const added = network.nodes.slice(network.nodes.findIndex(({ name }) => name === 'block17/project/bn') + 1);
    expect(added.map((node) => [node.op, node.name])).toEqual([
      ['conv', 'simkd/reduce/conv'],
      ['batchNorm', 'simkd/reduce/bn'],
      ['depthwise', 'simkd/mix/conv'],
      ['batchNorm', 'simkd/mix/bn'],
      ['conv', 'simkd/expand/conv'],
      ['batchNorm', 'simkd/expand/bn'],
      ['globalAveragePool', 'teacher/head/pool'],
      ['flatten', 'teacher/head/flatten'],
      ['dense', 'teacher/classifier/hidden'],
      ['activation', 'teacher/classifier/hidden/hard-swish'],
      ['dropout', 'teacher/classifier/dropout'],
      ['dense', 'teacher/classifier/logits'],
    ]);
    expect(nodeOf(network, 'simkd/reduce/conv')).toMatchObject({ inChannels: 320, outChannels: 480, kernel: 1 });
    expect(nodeOf(network, 'simkd/mix/conv')).toMatchObject({ channels: 480, kernel: 3, padding: 1, stride: 1 });
    expect(nodeOf(network, 'simkd/expand/conv')).toMatchObject({ inChannels: 480, outChannels: 960 });
    expect(nodeOf(network, 'simkd/expand/bn')).toMatchObject({ activation: 'hard-swish' });
    expect(lastMap(network)).toBe('simkd/expand/bn');
    expect(network.output).toBe('teacher/classifier/logits');
    const frozen = network.nodes.filter(isFrozen).map(({ name }) => name);
    expect(frozen).toEqual(['teacher/classifier/hidden', 'teacher/classifier/logits']);
    expect(network.nodes.slice(0, student.nodes.indexOf(nodeOf(student, 'head/conv')!))).toEqual(
      student.nodes.slice(0, student.nodes.indexOf(nodeOf(student, 'head/conv')!)),
    );
  });

  it('is trained in one pass up to the frozen classifier', () => {
    const graph = planTraining(network, new Set([network.output, lastMap(network)]))!;
    expect(graph.outputs).toEqual(['simkd/expand/bn', 'teacher/head/pool']);
  });

  it('counts what it pays for that', () => {
    const dense = [960 * 1280 + 1280, 1280 * 10 + 10];
    const projector = [320 * 480 + 2 * 480, 9 * 480 + 2 * 480, 480 * 960 + 2 * 960];
    const reused = countReused(network)!;
    expect(reused.parameters).toBe([...dense, ...projector].reduce((sum, part) => sum + part));
    // Maps of 64 pixels, stem stride 1: 4 x 4 here.
    expect(reused.macs).toBe(16 * (320 * 480 + 9 * 480 + 480 * 960) + 960 * 1280 + 1280 * 10);
    const own = countNetwork(student);
    const head = ['head/conv', 'head/bn', 'classifier/logits'].map((name) => own.byNode.get(name)!);
    const without = (of: 'macs' | 'parameters') => own[of] - head.reduce((sum, count) => sum + count[of], 0);
    expect(countNetwork(network)).toMatchObject({
      macs: without('macs') + reused.macs,
      parameters: without('parameters') + reused.parameters,
    });
    expect(countReused(student)).toBeNull();
    expect(reusesClassifier(student)).toBe(false);
  });

  it('is read again as it was written, and frozen is true or left out', () => {
    expect(parseNetwork(JSON.parse(JSON.stringify(network)))).toEqual(network);
    const altered = (name: string, frozen: unknown) =>
      JSON.parse(
        JSON.stringify({
          ...network,
          nodes: network.nodes.map((node) => (node.name === name ? { ...node, frozen } : node)),
        }),
      );
    expect(() => parseNetwork(altered('teacher/classifier/hidden', false))).toThrow(
      '"frozen" is false: it should be true, or left out',
    );
    expect(() => parseNetwork(altered('teacher/head/pool', true))).toThrow('has an unknown key "frozen"');
  });

  it('takes the teacher’s numbers, and no others', () => {
    const [own, taught] = [initializeWeights(network, new Random(1)), initializeWeights(teacher, new Random(2))];
    const adopted = adoptClassifier(network, own, taught);
    for (const { name, frozen } of parameterSpecs(network))
      expect(adopted.get(name)).toBe(frozen ? taught.get(name.replace('teacher/', '')) : own.get(name));
    taught.delete('classifier/hidden/bias');
    expect(() => adoptClassifier(network, own, taught)).toThrow('The teacher has no "classifier/hidden/bias"');
  });
});

describe('any two networks', () => {
  it.each([
    ['mobilenet-v3-small', 'mobilenet-v2', 'simkd/expand/bn', 'relu6', ['teacher/classifier/logits']],
    ['mobilenet-v3-large', 'mobilenet-v3-small', 'simkd/expand/bn', 'hard-swish', undefined],
  ] as const)('%s that learns from %s', (student, teacher, end, activation, frozen) => {
    const network = reuseClassifier(build(student, 0.25), build(teacher, 0.5));
    expect(nodeOf(network, end)).toMatchObject({ activation });
    if (frozen) expect(network.nodes.filter(isFrozen).map(({ name }) => name)).toEqual(frozen);
  });

  it('are found their last map and their tail, whatever their names', () => {
    const network = reuseClassifier(tinyNetwork(6), tinyNetwork(9));
    expect(lastMap(tinyNetwork())).toBe('sum');
    expect(nodeOf(network, 'simkd/reduce/conv')).toMatchObject({ input: 'sum', inChannels: 6, outChannels: 8 });
    expect(nodeOf(network, 'simkd/expand/bn')).toMatchObject({ activation: 'none', channels: 9 });
    expect(network.nodes.map(({ name }) => name).slice(-4)).toEqual(
      ['pool', 'flat', 'drop', 'logits'].map((name) => `teacher/${name}`),
    );
  });

  it('are refused where one has no pooling, no block, or a classifier that reads more', () => {
    const tiny = tinyNetwork();
    const withNodes = (change: (node: NetworkNode) => NetworkNode): Network => ({
      ...tiny,
      nodes: tiny.nodes.map(change),
    });
    const unpooled = withNodes((node) =>
      node.name === 'pool'
        ? {
            op: 'conv',
            name: 'pool',
            input: 'sum',
            kernel: 3,
            stride: 3,
            padding: 0,
            inChannels: 6,
            outChannels: 6,
            bias: false,
          }
        : node,
    );
    expect(() => reuseClassifier(tiny, unpooled)).toThrow('tiny has no pooling before its classifier');
    const second: NetworkNode[] = [
      { op: 'globalAveragePool', name: 'other', input: 'stem/bn' },
      { op: 'add', name: 'both', inputs: ['pool', 'other'] },
    ];
    const twice: Network = {
      ...tiny,
      nodes: tiny.nodes.flatMap((node) =>
        node.name === 'flat' && node.op === 'flatten' ? [...second, { ...node, input: 'both' }] : [node],
      ),
    };
    expect(() => reuseClassifier(tiny, twice)).toThrow('The classifier of tiny reads "stem/bn" besides');
    const bare: Network = {
      ...tiny,
      nodes: [
        tiny.nodes[0]!,
        { op: 'globalAveragePool', name: 'pool', input: 'image' },
        { op: 'flatten', name: 'flat', input: 'pool' },
        { op: 'dense', name: 'logits', input: 'flat', inFeatures: 3, outFeatures: 3, bias: true },
      ],
    };
    expect(() => reuseClassifier(bare, tiny)).toThrow('has no blocks that end in a linear batch norm');
  });
});

it('a frozen batch norm goes by its running statistics, in training, too', () => {
  const teacher = tinyNetwork(9);
  const norm: NetworkNode = {
    op: 'batchNorm',
    name: 'norm',
    input: 'pool',
    channels: 9,
    epsilon: 1e-5,
    activation: 'relu6',
  };
  const nodes = teacher.nodes.flatMap((node) =>
    node.name === 'flat' && node.op === 'flatten' ? [norm, { ...node, input: 'norm' }] : [node],
  );
  const network = reuseClassifier(tinyNetwork(6, { dropout: 0 }), { ...teacher, nodes });
  const weights = initializeWeights(network, new Random(3));
  weights.get('teacher/norm/mean')!.values.fill(0.5);
  const parameters = Parameters.fromWeights(network, weights);
  const images = tf.randomNormal<tf.Rank.R4>([2, SIZE, SIZE, 3], 0, 1, 'float32', 4);
  const taps = ['teacher/norm', 'teacher/pool'];
  const made = forward(network, parameters, images, { training: true, taps });
  const [after, before] = taps.map((tap) => [...made.taps.get(tap)!.dataSync()]) as [number[], number[]];
  after.forEach((value, i) => {
    expect(value).toBeCloseTo(Math.min(6, Math.max(0, (before[i]! - 0.5) / Math.sqrt(1 + 1e-5))), 5);
  });
  expect(made.statistics.map(({ node }) => node)).not.toContain('teacher/norm');
  expect(parameters.trainable.map(({ name }) => name).some((name) => name.includes('teacher/'))).toBe(false);
  disposeForward(made);
  images.dispose();
  parameters.dispose();
});
