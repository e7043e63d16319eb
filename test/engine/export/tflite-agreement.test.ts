import { describe, expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { HALF, roundWeights } from '../../../electron/engine/export/round-weights.ts';
import { expectedLogits, networks } from './networks.ts';

// LiteRT, fed with bytes, against plain loops in double precision.

const { write, open } = EXPORTERS.tflite;

async function classify(bytes: Uint8Array, pixels: Uint8Array): Promise<number[]> {
  const file = await open(bytes);
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

describe('fp16: exactly the network of rounded weights, nearly the one of whole ones', () => {
  const few = Object.keys(networks).filter((name) => !/random blocks|uneven/.test(name));
  test.each(few)('%s', async (name) => {
    const { request, pixels, logits: whole, range } = expectedLogits(name);
    const { logits: rounded } = expectedLogits(name, { alter: (request) => roundWeights(request, HALF) });
    const logits = await classify(write({ ...request, precision: 'fp16' }), pixels);
    expectNear(logits, rounded, 1e-4 * range);
    expectNear(logits, whole, 0.02 * range);
  });
});
