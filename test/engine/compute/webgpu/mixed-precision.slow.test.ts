import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computePrecision, startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { itRoundsToHalf } from '../half-rounding.ts';
import { activeDevice, MISSING } from './swiftshader.ts';

describe.skipIf(MISSING)('mixed precision on webgpu', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'webgpu', precision: 'mixed', emulateHalf: true });
  });
  afterAll(stopCompute);

  it('says so', () => {
    expect(computePrecision()).toBe('mixed');
    expect(activeDevice().rounding).toBe('emulated');
  });

  itRoundsToHalf();

  it('is a wish where the device has no f16', async () => {
    const { precision, reason } = await startCompute({ backend: 'webgpu', precision: 'mixed' });
    expect(precision).toBe('f32');
    expect(computePrecision()).toBe('f32');
    expect(reason).toContain('no mixed precision');
  });
});
