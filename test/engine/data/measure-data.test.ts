import { expect, it } from 'vitest';
import { measureData } from '../../../electron/engine/data/index.ts';

it('times decoding by the pictures drawn and batches by those taken', async () => {
  // 100 pictures twice: opened at 10, decoded by 510, a pass to warm up, and two passes of 100 ms each.
  const times = [0, 10, 510, 600, 700, 800, 800];
  const clock = { now: () => 0, elapsedMs: () => times.shift() ?? 800 };
  const speed = await measureData({ size: 16, source: 24, batch: 64, copies: 2, warmMs: 150, threads: 1, clock });
  expect(speed).toMatchObject({
    what: 'data',
    images: 200,
    source: 24,
    size: 16,
    batch: 64,
    open_ms: 10,
    cold_images_per_s: 400,
    warm_images_per_s: 2000,
  });
});
