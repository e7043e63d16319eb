import { describe, expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { HALF, roundWeights } from '../../../electron/engine/export/round-weights.ts';
import { expectedLogits, networks } from './networks.ts';

// Decant's interpreter of Core ML programs, fed with bytes, against plain loops in double precision. See also coreml-reader.slow.test.ts.

const { write, open } = EXPORTERS.coreml;

async function classify(bytes: Uint8Array, pixels: Uint8Array, optimize = true): Promise<number[]> {
  const file = await open(bytes, { optimize });
  try {
    return [...(await file.run(pixels, 2))];
  } finally {
    await file.close();
  }
}

function expectNear(logits: number[], expected: number[], bound: number): void {
  expect(logits.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(bound);
}

describe('fp32: the unfolded network', () => {
  test.each(Object.keys(networks))('%s', async (name) => {
    const { request, pixels, logits, range } = expectedLogits(name);
    expectNear(await classify(write(request), pixels), logits, 1e-4 * range);
  });
});

describe('fp16: the network of rounded weights, and nearly the one of whole ones with all values rounded', () => {
  const few = Object.keys(networks).filter((name) => !/random blocks|uneven/.test(name));
  test.each(few)('%s', async (name) => {
    const { request, pixels, logits: whole, range } = expectedLogits(name);
    const { logits: rounded } = expectedLogits(name, { alter: (request) => roundWeights(request, HALF) });
    const bytes = write({ ...request, precision: 'fp16' });
    expectNear(await classify(bytes, pixels, false), rounded, 2e-3 * range);
    const logits = await classify(bytes, pixels);
    expectNear(logits, whole, 0.02 * range);
    expect(logits).not.toEqual(await classify(bytes, pixels, false));
  });
});

test('one image or many, the answer is the same', async () => {
  const { request, pixels, logits } = expectedLogits('mobilenet-v3-small');
  const file = await open(write(request));
  const one = await file.run(pixels.subarray(pixels.length / 2), 1);
  await file.close();
  for (const [i, value] of one.entries()) expect(value).toBeCloseTo(logits[logits.length / 2 + i]!, 4);
});
