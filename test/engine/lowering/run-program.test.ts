import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { disposeTensors, loadTensors, runProgram } from '../../../electron/engine/lowering/run-program.ts';
import { listSteps, type Program } from '../../../electron/engine/lowering/steps.ts';
import { equalize } from '../../../electron/engine/quantize/equalize.ts';
import { observe } from '../../../electron/engine/quantize/observe.ts';
import { spellHardSwish } from '../../../electron/engine/quantize/spell-hard-swish.ts';
import { expectedLogits, networks } from '../export/networks.ts';
import { drawSubject } from '../quantize/subjects.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

function compute(program: Program, pixels: Uint8Array, size: number): Float32Array {
  const tensors = loadTensors(program);
  const logits = runProgram(program, tensors, pixels, size);
  const values = logits.dataSync<'float32'>().slice();
  tf.dispose(logits);
  disposeTensors(tensors);
  return values;
}

test.each(Object.keys(networks))('the steps of a network compute what it computes: %s', (name) => {
  const { request, pixels, logits, range } = expectedLogits(name);
  const before = tf.memory().numTensors;
  const found = compute(listSteps(request.network, request.weights), pixels, 2);
  expect(tf.memory().numTensors).toBe(before);
  for (const [i, value] of logits.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-4 * range);
});

test('hard-swish spelt out is hard-swish', () => {
  const { program, images } = drawSubject({ architecture: 'mobilenet-v3-small' });
  const spelt = spellHardSwish(program);
  expect(spelt.steps.some(({ op }) => op === 'hardSwish')).toBe(false);
  const [whole, parts] = [program, spelt].map((subject) => compute(subject, images[0]!.pixels, images[0]!.size));
  for (const [i, value] of whole!.entries()) expect(parts![i]).toBeCloseTo(value, 3);
});

test('what is observed is what was there', async () => {
  const { program, images } = drawSubject();
  const before = tf.memory().numTensors;
  const observations = await observe(program, images);
  expect(tf.memory().numTensors).toBe(before);
  const tensors = loadTensors(program);
  const { name, shape } = program.steps[5]!;
  const seen: number[] = [];
  for (const { pixels, size } of images)
    runProgram(program, tensors, pixels, size, (step, value) => {
      if (step.name === name) seen.push(...value.dataSync());
      return value;
    }).dispose();
  disposeTensors(tensors);
  const { min, max, histogram, channelMeans, channelPeaks } = observations.get(name)!;
  expect([min, max]).toEqual([Math.min(...seen), Math.max(...seen)]);
  expect(histogram.reduce((sum, count) => sum + count, 0)).toBe(seen.length);
  const channels = shape.at(-1)!;
  for (let c = 0; c < channels; c++) {
    const own = seen.filter((_, i) => i % channels === c);
    expect(channelMeans[c]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / own.length, 5);
    expect(channelPeaks[c]).toBe(Math.max(...own.map(Math.abs)));
  }
});

test.each(['mobilenet-v2', 'mobilenet-v3-small'] as const)(
  'equalized channels are nearer to each other, and the network computes the same: %s',
  async (architecture) => {
    const { program, images } = drawSubject({ architecture });
    const observations = await observe(program, images);
    const even = equalize(program, observations);
    const [whole, scaled] = [program, even].map((subject) => compute(subject, images[0]!.pixels, images[0]!.size));
    const range = Math.max(...whole!) - Math.min(...whole!);
    for (const [i, value] of whole!.entries()) expect(Math.abs(scaled![i]! - value)).toBeLessThan(1e-3 * range);
    const evenObservations = await observe(even, images);
    const changed = even.steps.filter((step, i) => step !== program.steps[i]);
    expect(changed.length).toBeGreaterThan(5);
    // How much narrower than the widest a channel is, in the mean over all changed layers.
    const unevenness = (of: typeof observations) => {
      const shares = changed.flatMap(({ name }) => {
        const peaks = [...of.get(name)!.channelPeaks].filter((peak) => peak > 0);
        return peaks.map((peak) => Math.log(Math.max(...peaks) / peak));
      });
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    };
    expect(unevenness(evenObservations)).toBeLessThan(unevenness(observations));
  },
);
