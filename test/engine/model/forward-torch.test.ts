import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  disposeForward,
  forward,
  importWeights,
  type NodeOf,
  Parameters,
  parameterSpecs,
  readSafetensors,
  updateStatistics,
} from '../../../electron/engine/model/index.ts';
import { fromTorchLayout } from '../../../electron/engine/model/torch-layout.ts';
import { FIXTURES, loadFixture, relativeError, toTensor } from './torch-fixture.ts';

// Full-size models are too large to be committed: `make-torch-fixture.py --full FOLDER` writes them.
const fullFolder = process.env.DECANT_TORCH_FULL ?? '';

describe.skipIf(fullFolder === '')('against full-size PyTorch models', () => {
  beforeAll(async () => {
    await startCompute();
  });
  afterAll(stopCompute);

  it.each(FIXTURES)('$architecture gives the same logits', ({ architecture }) => {
    const read = (name: string): Uint8Array => readFileSync(`${fullFolder}/${architecture}.${name}.safetensors`);
    const network = buildNetwork({ architecture, classes: 1000, inputSize: 224 });
    const { weights } = importWeights(network, read('weights'), new Random(1));
    const reference = readSafetensors(read('reference')).tensors;
    using parameters = Parameters.fromWeights(network, weights);
    const images = toTensor<tf.Rank.R4>(reference.get('images')!);
    const { logits } = forward(network, parameters, images, { training: false });
    expect(relativeError(logits.dataSync(), reference.get('logits')!.values)).toBeLessThan(1e-4);
    tf.dispose([logits, images]);
  });
});

describe.each(['cpu', 'simd'] as const)('against PyTorch on %s', (backend) => {
  beforeAll(async () => {
    await startCompute({ backend, threads: 1 });
  });
  afterAll(stopCompute);

  it.each(FIXTURES)('$architecture gives the same logits and feature map', ({ architecture, mapName, mapTensor }) => {
    const { network, weights, reference } = loadFixture(architecture);
    const parameters = Parameters.fromWeights(network, weights);
    const images = toTensor<tf.Rank.R4>(reference.get('images')!);
    const result = forward(network, parameters, images, { training: false, taps: [mapName] });
    expect(relativeError(result.logits.dataSync(), reference.get('logits')!.values)).toBeLessThan(1e-4);
    const map = result.taps.get(mapName)!;
    expect(map.shape).toEqual(reference.get(mapTensor)!.shape);
    expect(relativeError(map.dataSync(), reference.get(mapTensor)!.values)).toBeLessThan(1e-4);
    disposeForward(result);
    images.dispose();
    parameters.dispose();
  });

  // The plain JavaScript back end takes seconds for each: one architecture is enough there.
  const trained = backend === 'cpu' ? FIXTURES.slice(2, 3) : FIXTURES;
  it.each(trained)('$architecture trains alike: logits, gradients, running statistics', ({ architecture, naming }) => {
    const { network, weights, reference } = loadFixture(architecture);
    const parameters = Parameters.fromWeights(network, weights);
    const images = toTensor<tf.Rank.R4>(reference.get('images')!);
    let logits: Float32Array | undefined;
    const { value, grads } = tf.variableGrads(() => {
      const result = forward(network, parameters, images, { training: true });
      updateStatistics(parameters, result.statistics);
      logits = result.logits.dataSync<'float32'>().slice();
      return tf.mean(tf.square(result.logits)) as tf.Scalar;
    }, parameters.trainable);
    expect(relativeError(logits!, reference.get('training.logits')!.values)).toBeLessThan(1e-4);

    const modules = naming.modules(network);
    const nodes = new Map(network.nodes.map((node) => [node.name, node]));
    let [gradients, statistics] = [0, 0];
    for (const { name, shape } of parameterSpecs(network)) {
      const split = name.lastIndexOf('/');
      const [node, role] = [name.slice(0, split), name.slice(split + 1)];
      const module = modules.get(node)!;
      const torchRole = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' }[role] ?? role;
      const after = reference.get(`after.${module}.${torchRole}`);
      if (after) {
        expect(relativeError(parameters.get(name).dataSync(), after.values), name).toBeLessThan(1e-4);
        statistics += 1;
      }
      const expected = reference.get(`gradient.${module}.${torchRole}`);
      if (!expected) continue;
      const actual = grads[parameters.get(name).name]!.dataSync();
      const op = (nodes.get(node) as NodeOf<'conv'>).op;
      const inOurs = fromTorchLayout(op, shape, expected.values).values;
      // Batch norm over few pixels amplifies rounding, and some gradients are zero but for it.
      const scale = Math.max(...inOurs.map(Math.abs));
      if (scale > 1e-5) expect(relativeError(actual, inOurs), name).toBeLessThan(2e-3);
      gradients += 1;
    }
    expect(gradients).toBeGreaterThan(40);
    expect(statistics).toBeGreaterThan(3);
    tf.dispose([value, ...Object.values(grads), images]);
    parameters.dispose();
  });
});
