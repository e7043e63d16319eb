import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { HALF, type Rounding, roundWeights } from '../../../electron/engine/export/round-weights.ts';
import { BYTES } from '../../../electron/engine/export/tfjs/integers.ts';
import { expectedLogits, networks } from './networks.ts';
import { readZip } from './read-zip.ts';

// TensorFlow.js's own loader and plain kernels, fed with bytes, against plain loops in double precision.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

async function classify(archive: Uint8Array, pixels: Uint8Array, [height, width]: readonly [number, number]) {
  const files = await readZip(archive);
  const { weightsManifest, ...model } = JSON.parse(files['model.json']!.toString());
  const loaded = await loadGraphModel(
    tf.io.fromMemory({
      ...model,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(files['weights.bin']!).buffer,
    }),
  );
  const logits = tf.tidy(() => {
    const images = tf.tensor4d(Float32Array.from(pixels), [2, height, width, 3]);
    const output = loaded.execute({ image: images }, 'logits');
    if (Array.isArray(output)) throw new Error('one name gives one tensor');
    return [...output.dataSync()];
  });
  loaded.dispose();
  return logits;
}

function expectNear(logits: number[], expected: number[], bound: number): void {
  expect(logits.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(bound);
}

describe('fp32: the unfolded network', () => {
  test.each(Object.keys(networks))('%s', async (name) => {
    const { request, pixels, logits, range } = expectedLogits(name);
    expectNear(await classify(EXPORTERS.tfjs.write(request), pixels, request.network.inputSize), logits, 1e-4 * range);
  });
});

const rounded: [precision: 'fp16' | 'int8', rounding: Rounding][] = [
  ['fp16', HALF],
  ['int8', BYTES],
];
describe.each(rounded)('%s: exactly the network of rounded weights', (precision, rounding) => {
  const few = Object.keys(networks).filter((name) => !/blocks [2-9]|uneven/.test(name));
  test.each(few)('%s', async (name) => {
    const { request, pixels, range } = expectedLogits(name);
    const { logits: held } = expectedLogits(name, { alter: (other) => roundWeights(other, rounding) });
    const archive = EXPORTERS.tfjs.write({ ...request, precision });
    const logits = await classify(archive, pixels, request.network.inputSize);
    expectNear(logits, held, 1e-4 * range);
  });
});

test('both ways of opening an archive answer the same', async () => {
  const { request, pixels, logits, range } = expectedLogits('mobilenet-v3-small');
  const archive = EXPORTERS.tfjs.write(request);
  for (const optimize of [true, false]) {
    const file = await EXPORTERS.tfjs.open(archive, { optimize, threads: 1 });
    try {
      expect(file.runtime).toBe(
        `TensorFlow.js ${tf.version_core}, ${optimize ? "Decant's WebAssembly" : 'plain JavaScript'}, 1 thread`,
      );
      expectNear([...(await file.run(pixels, 2))], logits, 1e-4 * range);
    } finally {
      await file.close();
    }
  }
});
