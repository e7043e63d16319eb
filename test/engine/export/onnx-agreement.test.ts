import { describe, expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { HALF, roundWeights } from '../../../electron/engine/export/round-weights.ts';
import { expectedLogits, networks } from './networks.ts';

// ONNX Runtime, fed with bytes, against plain loops in double precision.

async function expectAgreement(bytes: Uint8Array, pixels: Uint8Array, expected: number[], bound: number) {
  for (const optimize of [true, false]) {
    const file = await EXPORTERS.onnx.open(bytes, { optimize });
    const logits = await file.run(pixels, 2);
    await file.close();
    expect(logits.length).toBe(expected.length);
    for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(bound);
  }
}

describe('fp32: the unfolded network', () => {
  test.each(Object.keys(networks))('%s', async (name) => {
    const { request, pixels, logits, range } = expectedLogits(name);
    await expectAgreement(EXPORTERS.onnx.write(request), pixels, logits, 1e-4 * range);
  });
});

describe('fp16: exactly the network of rounded weights', () => {
  const few = Object.keys(networks).filter((name) => !/blocks [2-9]|uneven/.test(name));
  test.each(few)('%s', async (name) => {
    const { request, pixels, range } = expectedLogits(name);
    const { logits } = expectedLogits(name, { alter: (other) => roundWeights(other, HALF) });
    const half = EXPORTERS.onnx.write({ ...request, precision: 'fp16' });
    await expectAgreement(half, pixels, logits, 1e-4 * range);
  });
});
