import { expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { quantizeByChannel, restoreByChannel } from '../../../electron/engine/quantize/quantize-weights.ts';

test('each weight comes back to half a step of its channel, the largest of each exactly', () => {
  const random = new Random('weights');
  const channels = 7;
  const values = Float32Array.from(
    { length: 9 * channels },
    (_, i) => (random.next() - 0.5) * 10 ** ((i % channels) - 4),
  );
  const quantized = quantizeByChannel(values, channels);
  const restored = restoreByChannel(quantized);
  for (let c = 0; c < channels; c++) {
    const own = values.filter((_, i) => i % channels === c);
    const scale = Math.max(...own.map(Math.abs)) / 127;
    expect(quantized.scales[c]! / scale).toBeCloseTo(1, 6);
    const peaks = quantized.integers.filter((_, i) => i % channels === c).map(Math.abs);
    expect(Math.max(...peaks)).toBe(127);
  }
  for (const [i, value] of values.entries())
    expect(Math.abs(restored[i]! - value)).toBeLessThanOrEqual(0.5001 * quantized.scales[i % channels]!);
});

test('a channel of zeros stays one', () => {
  const { integers, scales } = quantizeByChannel(Float32Array.of(0, 1, 0, -2), 2);
  expect([...integers]).toEqual([0, 64, 0, -127]);
  expect(scales[0]).toBe(scales[1]);
});
