import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  disposeForward,
  featureShapes,
  foldBatchNorm,
  forward,
  initializeWeights,
  type Network,
  Parameters,
  parseNetwork,
  updateStatistics,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { computeReference } from '../../helpers/reference-forward.ts';
import { differences, FIXTURES, loadFixture, relativeError, toTensor } from './torch-fixture.ts';

const network = buildNetwork({
  architecture: 'mobilenet-v3-small',
  width: 0.25,
  classes: 5,
  inputSize: 32,
  stemStride: 1,
});
const weights = initializeWeights(network, new Random(2));
let parameters: Parameters;
let images: tf.Tensor4D;
let tensorsBefore = 0;

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
  parameters = Parameters.fromWeights(network, weights);
  images = tf.randomNormal([2, 32, 32, 3], 0, 1, 'float32', 7);
});
afterAll(async () => {
  parameters.dispose();
  images.dispose();
  await stopCompute();
});
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
// Whatever a test made, it gave back.
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

describe('forward', () => {
  it('gives every node as a tap, of the stated shape, equal to a plain reference', () => {
    const taps = network.nodes.map(({ name }) => name);
    const result = forward(network, parameters, images, { training: false, taps });
    const shapes = featureShapes(network);
    const size = 32 * 32 * 3;
    const reference = computeReference(network, weights, images.dataSync().slice(size, 2 * size));
    expect([...result.taps.keys()]).toEqual(taps);
    for (const [name, tensor] of result.taps) {
      const [height, width, channels] = shapes.get(name)!;
      expect(tensor.shape).toEqual(tensor.rank === 2 ? [2, channels] : [2, height, width, channels]);
      const second = tensor.dataSync().slice(tensor.size / 2);
      const { values } = reference.get(name)!;
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - second[i]!)), 0);
      expect(worst, name).toBeLessThan(1e-5 * largest + 1e-9);
    }
    disposeForward(result);
  });

  it('taps change nothing, fused or not', () => {
    const folded = foldBatchNorm(network, weights);
    const own = Parameters.fromWeights(folded.network, folded.weights);
    const plain = forward(folded.network, own, images, { training: false });
    const tapped = forward(folded.network, own, images, {
      training: false,
      taps: ['stem/conv', 'block01/squeeze/reduce'],
    });
    expect(tapped.logits.dataSync()).toEqual(plain.logits.dataSync());
    expect(Math.min(...tapped.taps.get('stem/conv')!.dataSync())).toBeLessThan(-1);
    disposeForward(plain);
    disposeForward(tapped);
    own.dispose();
  });

  it('gives taps on the output and the input tensors of their own', () => {
    const result = forward(network, parameters, images, {
      training: false,
      taps: ['classifier/logits', 'input', 'input'],
    });
    result.taps.get('input')!.dispose();
    result.logits.dispose();
    expect(images.isDisposed).toBe(false);
    expect(result.taps.get('classifier/logits')!.isDisposed).toBe(false);
    disposeForward(result);
  });

  it('frees a map as soon as nothing reads it', async () => {
    const net = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 5, inputSize: 64 });
    const own = Parameters.fromWeights(net, initializeWeights(net, new Random(1)));
    const batch = tf.zeros<tf.Rank.R4>([1, 64, 64, 3]);
    const before = tf.memory().numBytes;
    const { peakBytes, result } = await tf.profile(() => forward(net, own, batch, { training: false }).logits);
    tf.dispose(result);
    // All maps together have 3.9 MB, the largest (32 x 32 x 48, twice: before and after batch norm) 0.2 MB each.
    expect(peakBytes - before).toBeLessThan(5 * 4 * 48 * 32 * 32);
    own.dispose();
    batch.dispose();
  });

  it('drops out by seed in training only', () => {
    const logitsOf = (training: boolean, random?: Random): Float32Array =>
      tf.tidy(() => forward(network, parameters, images, { training, random }).logits.dataSync<'float32'>().slice());
    const first = logitsOf(true, new Random('a'));
    expect(logitsOf(true, new Random('a'))).toEqual(first);
    expect(logitsOf(true, new Random('b'))).not.toEqual(first);
    expect(logitsOf(false, new Random('a'))).toEqual(logitsOf(false));
  });

  it('drops the stated share and keeps the mean', () => {
    const net: Network = {
      format: 'decant-network',
      version: 1,
      architecture: 'test',
      inputSize: [1, 1],
      classes: 20_000,
      nodes: [
        { op: 'input', name: 'input', channels: 20_000 },
        { op: 'flatten', name: 'flatten', input: 'input' },
        { op: 'dropout', name: 'dropout', input: 'flatten', rate: 0.2 },
      ],
      output: 'dropout',
    };
    const none = Parameters.fromWeights(net, new Map());
    const ones = tf.ones<tf.Rank.R4>([1, 1, 1, 20_000]);
    const result = forward(net, none, ones, { training: true, random: new Random(3) });
    const values = result.logits.dataSync();
    expect(new Set(values)).toEqual(new Set([0, 1.25]));
    expect(values.filter((value) => value === 0).length / 20_000).toBeCloseTo(0.2, 2);
    disposeForward(result);
    ones.dispose();
  });

  it('says which tap is unknown and what is near', () => {
    expect(() => forward(network, parameters, images, { training: false, taps: ['block3/add'] })).toThrowError(
      /no node "block3\/add".*"block03\/add"/,
    );
  });

  it('refuses images of another size and parameters of another network', () => {
    const small = tf.zeros<tf.Rank.R4>([1, 16, 32, 3]);
    expect(() => forward(network, parameters, small, { training: false })).toThrowError(/\[1, 16, 32, 3\].*32, 32, 3/);
    small.dispose();
    const other = buildNetwork({ architecture: 'mobilenet-v2', classes: 5, inputSize: 32 });
    expect(() => forward(other, parameters, images, { training: false })).toThrowError(
      /Parameter "stem\/conv\/weight" is \[3, 3, 3, 8\].*needs \[3, 3, 3, 32\]/,
    );
  });

  it('leaks nothing over training steps', () => {
    const own = Parameters.fromWeights(network, weights);
    for (let step = 0; step < 3; step++) {
      const { value, grads } = tf.variableGrads(() => {
        const result = forward(network, own, images, {
          training: true,
          taps: ['block03/add'],
          random: new Random(step),
        });
        updateStatistics(own, result.statistics);
        return tf.add(tf.mean(tf.square(result.logits)), tf.mean(result.taps.get('block03/add')!)) as tf.Scalar;
      }, own.trainable);
      expect(Object.keys(grads)).toHaveLength(own.trainable.length);
      tf.dispose([value, ...Object.values(grads)]);
      expect(tf.memory().numTensors).toBe(tensorsBefore + own.variables.size);
    }
    own.dispose();
  });
});

describe('foldBatchNorm', () => {
  it.each(FIXTURES)('keeps the logits of $architecture', ({ architecture }) => {
    const fixture = loadFixture(architecture);
    const folded = foldBatchNorm(fixture.network, fixture.weights);
    const batch = toTensor<tf.Rank.R4>(fixture.reference.get('images')!);
    const own = Parameters.fromWeights(folded.network, folded.weights);
    const { logits } = forward(folded.network, own, batch, { training: false });
    expect(relativeError(logits.dataSync(), fixture.reference.get('logits')!.values)).toBeLessThan(1e-4);
    expect(folded.network.nodes.some(({ op }) => op === 'batchNorm')).toBe(false);
    expect(parseNetwork(JSON.parse(JSON.stringify(folded.network)))).toEqual(folded.network);
    tf.dispose([logits, batch]);
    own.dispose();
  });

  it('leaves a batch norm alone whose convolution is read elsewhere', () => {
    const conv = { kernel: 1, stride: 1, padding: 0, bias: true, inChannels: 3, outChannels: 3 };
    const forked: Network = {
      format: 'decant-network',
      version: 1,
      architecture: 'forked',
      inputSize: [2, 2],
      classes: 3,
      nodes: [
        { op: 'input', name: 'input', channels: 3 },
        { op: 'conv', name: 'conv', input: 'input', ...conv },
        { op: 'batchNorm', name: 'bn', input: 'conv', channels: 3, epsilon: 1e-3, activation: 'none' },
        { op: 'add', name: 'add', inputs: ['conv', 'bn'] },
        { op: 'globalAveragePool', name: 'pool', input: 'add' },
        { op: 'flatten', name: 'flatten', input: 'pool' },
      ],
      output: 'flatten',
    };
    const numbers = initializeWeights(forked, new Random(1));
    expect(foldBatchNorm(forked, numbers)).toEqual({ network: forked, weights: numbers });
  });
});

describe('updateStatistics', () => {
  it('follows PyTorch: unbiased variance, momentum on the new', async () => {
    const own = Parameters.fromWeights(network, weights);
    const result = forward(network, own, images, { training: true });
    const stem = result.statistics.find(({ node }) => node === 'stem/bn')!;
    expect(stem.count).toBe(2 * 32 * 32);
    const [mean, variance] = [stem.mean.dataSync()[3]!, stem.variance.dataSync()[3]!];
    updateStatistics(own, result.statistics, 0.3);
    const after = await own.toWeights();
    expect(after.get('stem/bn/mean')!.values[3]).toBeCloseTo(0.3 * mean, 6);
    expect(after.get('stem/bn/variance')!.values[3]).toBeCloseTo(0.7 + (0.3 * variance * 2048) / 2047, 6);
    disposeForward(result);
    own.dispose();
  });
});

describe('Parameters', () => {
  it('gives back what it was given, untied from it', async () => {
    const own = Parameters.fromWeights(network, weights);
    const copy = await own.toWeights();
    expect(differences(copy, weights)).toEqual([]);
    copy.get('stem/conv/weight')!.values.fill(0);
    expect(differences(await own.toWeights(), weights)).toEqual([]);
    const others = initializeWeights(network, new Random(9));
    own.assign(others);
    expect(differences(await own.toWeights(), others)).toEqual([]);
    own.dispose();
  });

  it('lets two copies of a network live side by side', () => {
    using first = Parameters.fromWeights(network, weights);
    using second = Parameters.fromWeights(network, weights);
    expect(first.get('stem/conv/weight').name).not.toBe(second.get('stem/conv/weight').name);
  });

  it.each<[string, (spoiled: Weights) => unknown, RegExp]>([
    ['a missing parameter', (spoiled) => spoiled.delete('stem/bn/beta'), /lack "stem\/bn\/beta" \[8\]/],
    ['one too many', (spoiled) => spoiled.set('x', { shape: [], values: new Float32Array(1) }), /have "x"/],
    [
      'another shape',
      (spoiled) => spoiled.set('stem/bn/beta', { shape: [4], values: new Float32Array(4) }),
      /"stem\/bn\/beta" as \[4\].*needs \[8\]/,
    ],
    [
      'too few numbers',
      (spoiled) => spoiled.set('stem/bn/beta', { shape: [8], values: new Float32Array(4) }),
      /with 4 numbers/,
    ],
  ])('refuses %s', (_, spoil, message) => {
    const spoiled = new Map(weights);
    spoil(spoiled);
    expect(() => Parameters.fromWeights(network, spoiled)).toThrowError(message);
  });
});
