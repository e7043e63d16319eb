import { expect, it } from 'vitest';
import { boundLatency, explainLatency, nameLatencyUnit } from '../../../../renderer/views/new-run/latency-goal.ts';

const TABLE = {
  table: 'pixel-fp32',
  device: 'Pixel 8',
  runtime: 'LiteRT 2.5.3, 1 thread',
  precision: 'fp32',
  medianError: 0.042,
  fullMs: 9.4712,
};
const spoken = (text: string): string => text.replaceAll('\u2009', ' ');

it('is asked for between a tenth of the full student and all of it', () => {
  expect(boundLatency(TABLE)).toEqual({ min: 0.947, max: 9.47, usual: 5.68 });
});

it('names its device, and says how far predictions are off', () => {
  expect(nameLatencyUnit(TABLE)).toBe('ms on Pixel 8, fp32 (pixel-fp32)');
  expect(nameLatencyUnit({ ...TABLE, device: 'this' })).toBe('ms on this computer, fp32 (pixel-fp32)');
  expect(spoken(explainLatency(TABLE))).toBe(
    'For one image in LiteRT 2.5.3, 1 thread. The full student is predicted to take 9.47 ms. Half of the predictions are off by more than 4.2 %.',
  );
  expect(explainLatency({ ...TABLE, medianError: null })).toContain('was not measured');
});
