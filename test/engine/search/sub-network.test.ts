import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differentiate, startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  disposeForward,
  forward,
  initializeWeights,
  type Network,
  Parameters,
  type ReadableParameters,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { type ChannelGroup, channelGroups, cutNetwork, resizeNetwork } from '../../../electron/engine/prune/index.ts';
import { differentiateNarrow } from '../../../electron/engine/search/sandwich.ts';
import { takeParameters, takeWeights, widenGradient } from '../../../electron/engine/search/sub-network.ts';
import { PROCESSOR_BACKENDS } from '../compute/backends.ts';
import { drawCase } from '../prune/random-network.ts';

/** The same network with some of the channels of each group: the first ones. */
function drawNarrow(network: Network, groups: readonly ChannelGroup[], random: Random) {
  const widths = new Map(
    groups.filter(({ prunable }) => prunable).map(({ id, channels }) => [id, 1 + random.integer(channels)]),
  );
  const keep = new Map([...widths].map(([id, width]) => [id, Int32Array.from({ length: width }, (_, i) => i)]));
  return { narrow: resizeNetwork(network, groups, widths), keep };
}

function lossOf(network: Network, parameters: ReadableParameters, images: tf.Tensor4D): tf.Scalar {
  const { logits } = forward(network, parameters, images, { training: true });
  return tf.mean(tf.square(tf.sub(logits, 0.3)));
}

interface Case {
  readonly network: Network;
  readonly weights: Weights;
  readonly groups: readonly ChannelGroup[];
}

function openMobileNet(): Case {
  const network = buildNetwork({ architecture: 'mobilenet-v2', width: 0.15, classes: 3, inputSize: 8 });
  return { network, weights: initializeWeights(network, new Random('v2')), groups: channelGroups(network) };
}

describe.each(PROCESSOR_BACKENDS)('on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend, threads: 2 });
  });
  afterAll(stopCompute);

  const cases: [string, () => Case][] = [
    ...['a', 'b', 'c', 'd'].map((seed): [string, () => Case] => [
      `random network ${seed}`,
      () => drawCase(`sub-network-${seed}`),
    ]),
    ...(backend === 'simd' ? [['MobileNetV2', openMobileNet] as [string, () => Case]] : []),
  ];

  it.each(cases)('a part of %s computes what it computes when it is cut for good', async (name, open) => {
    const { network, weights, groups } = open();
    const { narrow, keep } = drawNarrow(network, groups, new Random(`widths/${name}`));
    const cut = cutNetwork(network, weights, { keep });
    expect(cut.network).toEqual(narrow);
    expect(takeWeights(weights, narrow)).toEqual(cut.weights);

    const random = new Random('images');
    const [height, width] = network.inputSize;
    const before = tf.memory().numTensors;
    const images = tf.tensor4d(
      Float32Array.from({ length: 4 * height * width * 3 }, () => random.normal()),
      [4, height, width, 3],
    );
    const whole = Parameters.fromWeights(network, weights);
    const alone = Parameters.fromWeights(narrow, cut.weights);

    const [partial, complete] = tf.tidy(() => {
      const compute = (parameters: ReadableParameters) => {
        const result = forward(narrow, parameters, images, { training: false });
        const logits = tf.clone(result.logits);
        disposeForward(result);
        return logits;
      };
      return [compute(takeParameters(whole, narrow)), compute(alone)];
    });
    expect(await partial!.array()).toEqual(await complete!.array());

    const inPart = tf.tidy(() => {
      const own = takeParameters(whole, narrow);
      const { value, gradients } = differentiate(() => lossOf(narrow, own, images), [...own.trainable.values()]);
      const shapes = [...own.trainable.keys()].map((parameter) => whole.get(parameter).shape);
      return { value, gradients: gradients.map((gradient, i) => widenGradient(gradient!, shapes[i]!)) };
    });
    const inCut = differentiate(() => lossOf(narrow, alone, images), alone.trainable);
    expect(await inPart.value.data()).toEqual(await inCut.value.data());
    const trained = whole.specs.filter(({ trainable }) => trainable);
    for (const [i, { name: parameter, shape }] of trained.entries()) {
      const [wide, own] = [inPart.gradients[i]!, inCut.gradients[i]!];
      expect(wide.shape, parameter).toEqual(shape);
      // The gradient of the part, and zeros around it.
      const padded = tf.pad(
        own,
        shape.map((extent, axis): [number, number] => [0, extent - own.shape[axis]!]),
      );
      expect(await wide.data(), parameter).toEqual(await padded.data());
      padded.dispose();
    }
    const gradients = [...inPart.gradients, ...inCut.gradients].map((gradient) => gradient!);
    tf.dispose([images, partial!, complete!, inPart.value, inCut.value, ...gradients]);
    whole.dispose();
    alone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('networks beside the whole one add their gradients, one by one, and leave nothing else', async () => {
    const { network, weights, groups } = drawCase('sandwich');
    const draws = new Random('sandwich widths');
    const networks = [1, 2, 3].map((i) => drawNarrow(network, groups, draws.fork(i)).narrow);
    const [height, width] = network.inputSize;
    const images = tf.randomNormal<tf.Rank.R4>([4, height, width, 3], 0, 1, 'float32', 7);
    const answers = tf.randomNormal<tf.Rank.R2>([4, 3], 0, 2, 'float32', 8);
    const parameters = Parameters.fromWeights(network, weights);
    const before = tf.memory().numTensors;
    const options = {
      parameters,
      images,
      answers,
      random: new Random('dropout'),
    };
    const together = tf.tidy(() => [...differentiateNarrow(networks, options).values()]);
    expect(tf.memory().numTensors).toBe(before + together.length);
    // Dropout is drawn by the place in the list, so each is asked for at its place.
    const single = networks.map((_, place) =>
      tf.tidy(() => {
        const upTo = (end: number) => [...differentiateNarrow(networks.slice(0, end), options).values()];
        const [all, others] = [upTo(place + 1), place > 0 ? upTo(place) : null];
        return all.map((gradient, i) => (others ? tf.sub(gradient, others[i]!) : gradient));
      }),
    );
    for (const [i, gradient] of together.entries()) {
      const sum = tf.addN(single.map((gradients) => gradients[i]!));
      const [got, expected] = [await gradient.data(), await sum.data()];
      for (const [k, value] of expected.entries()) expect(got[k]).toBeCloseTo(value, 4);
      sum.dispose();
    }
    tf.dispose([together, single]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([images, answers]);
    parameters.dispose();
  });
});

describe('a part that is none', () => {
  it('is refused by its parameter', () => {
    const { network, weights } = drawCase('misfit');
    const groups = channelGroups(network);
    const group = groups.find(({ prunable }) => prunable)!;
    const wider = resizeNetwork(network, groups, new Map([[group.id, group.channels + 1]]));
    expect(() => takeWeights(weights, wider)).toThrow(/no part of/);
  });
});
