import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { expectedLogits, networks } from './networks.ts';

// ONNX Runtime, fed with bytes, against plain loops in double precision over the unfolded network.

test.each(Object.keys(networks))('%s', async (name) => {
  const { request, pixels, logits: expected, range } = expectedLogits(name);
  for (const optimize of [true, false]) {
    const file = await EXPORTERS.onnx.open(EXPORTERS.onnx.write(request), { optimize });
    const logits = await file.run(pixels, 2);
    await file.close();
    expect(logits.length).toBe(expected.length);
    for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-4 * range);
  }
});
