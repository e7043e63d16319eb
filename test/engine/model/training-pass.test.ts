import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differentiate, startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { FUSED } from '../../../electron/engine/compute/operations/kernel-choice.ts';
import { Random } from '../../../electron/engine/core/random.ts';

import {
  type Architecture,
  buildNetwork,
  disposeForward,
  featureShapes,
  forward,
  initializeWeights,
  type Network,
  Parameters,
} from '../../../electron/engine/model/index.ts';
import { planTraining } from '../../../electron/engine/model/plan-training.ts';

// The pass against the operations one by one, which are tested against PyTorch (forward-torch.test.ts).

let tensorsBefore = 0;

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 2 });
});
afterAll(stopCompute);
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

interface Measured {
  readonly logits: Float32Array;
  readonly taps: Map<string, Float32Array>;
  readonly statistics: Map<string, Float32Array>;
  readonly gradients: Map<string, Float32Array>;
}

/** Logits, taps, statistics and the gradients of a loss on all logits and taps. */
function measure(network: Network, taps: readonly string[], batch: number): Measured {
  const parameters = Parameters.fromWeights(network, initializeWeights(network, new Random(5)));
  const [height, width] = network.inputSize;
  const images = tf.randomNormal([batch, height, width, 3], 0.3, 1, 'float32', 11) as tf.Tensor4D;
  const trainable = parameters.specs.filter(({ trainable }) => trainable);
  // Numbers that are neither 1 nor 0, so that a wrong scale or shift shows.
  for (const { name } of trainable) {
    if (!/gamma|beta/.test(name)) continue;
    const variable = parameters.get(name);
    const noise = tf.randomUniform(variable.shape, name.endsWith('gamma') ? 0.5 : -0.5, 1, 'float32', name.length);
    variable.assign(noise);
    noise.dispose();
  }
  let kept: Measured | undefined;
  const { value, gradients } = differentiate(
    () => {
      const result = forward(network, parameters, images, { training: true, taps });
      const read = (tensor: tf.Tensor) => tensor.dataSync<'float32'>().slice();
      kept = {
        logits: read(result.logits),
        taps: new Map([...result.taps].map(([name, tensor]) => [name, read(tensor)])),
        statistics: new Map(
          result.statistics.flatMap(({ node, mean, variance, count }) => [
            [`${node} mean`, read(mean)],
            [`${node} variance`, read(variance)],
            [`${node} count`, Float32Array.of(count)],
          ]),
        ),
        gradients: new Map(),
      };
      const all = [result.logits, ...result.taps.values()];
      const losses = all.map((tensor, i) => {
        const weights = tf.randomNormal(tensor.shape, 0.1, 1, 'float32', 100 + i);
        return tf.sum<tf.Scalar>(tf.mul(tensor, weights));
      });
      return tf.addN(losses);
    },
    trainable.map(({ name }) => parameters.get(name)),
  );
  for (const [i, { name }] of trainable.entries()) {
    const gradient = gradients[i];
    expect(gradient, `gradient of ${name}`).not.toBeNull();
    kept!.gradients.set(name, gradient!.dataSync<'float32'>().slice());
  }
  tf.dispose([value, ...gradients.filter((gradient) => gradient !== null), images]);
  parameters.dispose();
  return kept!;
}

/** As `measure`, by the operations one by one. */
function measureByOperations(network: Network, taps: readonly string[], batch: number): Measured {
  const kernel = tf.getKernel(FUSED.trainingPass, 'simd')!;
  tf.unregisterKernel(FUSED.trainingPass, 'simd');
  try {
    return measure(network, taps, batch);
  } finally {
    tf.registerKernel(kernel);
  }
}

/** Expects arrays to differ by at most a share of their norm; one that is nearly zero counts as a thousandth of the largest. */
function expectAlike(
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  most: number,
): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  const norm = (numbers: Float32Array) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));
  const floor = Math.max(...[...expected.values()].map(norm)) / 1000;
  for (const [name, numbers] of expected) {
    const error = norm(numbers.map((x, i) => x - actual.get(name)![i]!));
    const size = Math.max(norm(numbers), floor);
    if (!(error <= most * size)) expect.fail(`${name} is off by ${error} of ${size}`);
  }
}

const build = (architecture: Architecture, inputSize: number, width: number, stemStride: 1 | 2 = 1) =>
  buildNetwork({ architecture, width, classes: 7, inputSize, stemStride });

describe.each([
  { architecture: 'mobilenet-v2' as const, size: 32, width: 0.5, batch: 5 },
  { architecture: 'mobilenet-v2' as const, size: 48, width: 0.35, batch: 3 },
  { architecture: 'mobilenet-v3-small' as const, size: 32, width: 0.5, batch: 4 },
  { architecture: 'mobilenet-v3-large' as const, size: 40, width: 0.35, batch: 3 },
])('a training pass of $architecture at $size pixels', ({ architecture, size, width, batch }) => {
  const network = build(architecture, size, width);

  it('gives what the operations one by one give', () => {
    const shapes = featureShapes(network);
    const maps = network.nodes.filter(({ op, name }) => op === 'add' && shapes.get(name)![0] > 1);
    const taps = [maps[0]!.name, maps.at(-1)!.name, lastNorm(network)];
    expect(planTraining(network, new Set([network.output, ...taps]))).not.toBeNull();
    const pass = measure(network, taps, batch);
    const operations = measureByOperations(network, taps, batch);
    expectAlike(new Map([['logits', pass.logits]]), new Map([['logits', operations.logits]]), 1e-4);
    expectAlike(pass.taps, operations.taps, 1e-4);
    expectAlike(pass.statistics, operations.statistics, 1e-4);
    // A number within rounding of where ReLU6 bends may be on either side of it.
    expectAlike(pass.gradients, operations.gradients, 2e-2);
  });

  it('gives the same statistics and logits where no gradient is recorded', () => {
    const parameters = Parameters.fromWeights(network, initializeWeights(network, new Random(5)));
    const images = tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 3) as tf.Tensor4D;
    const alone = forward(network, parameters, images, { training: true });
    let recorded: Float32Array | undefined;
    const { value, gradients } = differentiate(() => {
      const result = forward(network, parameters, images, { training: true });
      recorded = result.logits.dataSync<'float32'>().slice();
      return tf.sum<tf.Scalar>(result.logits);
    }, [parameters.trainable[0]!]);
    expect(alone.logits.dataSync()).toEqual(recorded);
    disposeForward(alone);
    tf.dispose([value, ...gradients.filter((gradient) => gradient !== null), images]);
    parameters.dispose();
  });
});

/** Name of the batch norm that has the most channels: the last map before the mean. */
function lastNorm(network: Network): string {
  return network.nodes.findLast(({ op }) => op === 'batchNorm')!.name;
}
