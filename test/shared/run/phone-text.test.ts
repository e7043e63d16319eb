import { expect, it } from 'vitest';
import { formatPhones, listPhoneRows } from '../../../shared/run/phone-text.ts';
import { createPhoneMeasurement } from '../../helpers/phone-measurement.ts';

it('lists files by device, the fastest first', () => {
  expect(listPhoneRows([createPhoneMeasurement()]).map(({ file, p50 }) => [file, p50])).toEqual([
    ['TFLite int8', '11.2\u2009ms'],
    ['TFLite fp32', '21.6\u2009ms'],
    ['ONNX fp32', '27.3\u2009ms'],
  ]);
});

it('says what was measured, what did not work, and how', () => {
  const text = formatPhones([createPhoneMeasurement({ device: 'Mine \u001b[1m' })]);
  expect(text).not.toContain('\u001b');
  expect(text).toMatch(/^Measured on 1 phone\nDevice +File +Runtime +p50 +p95 +FPS +Top-1 +Agrees\n/);
  expect(text).toMatch(
    /Mine .* TFLite int8 +LiteRT 2\.5\.3, WebAssembly, 1 thread +11\.2\sms +13\.9\sms +89 +90\.4\s% +99\.6\s%/,
  );
  expect(text).toContain('TF.js fp32 did not run with WebAssembly: Out of memory');
  expect(text).toContain('200 timings after 20 inferences that are not timed');
  expect(text).toContain('several are timed together: 1 to 2 per timing');
  expect(text).toContain('Top-1 is of 240 test images');
  expect(formatPhones([])).toBe('');
});

it('says of what was timed outside of a browser that nothing is known of its accuracy', () => {
  const [, result] = createPhoneMeasurement().results;
  const native = { ...result!, accelerator: 'native' as const, images: 0, top1: null, agreement: null };
  const text = formatPhones([createPhoneMeasurement({ results: [native], failures: [] })]);
  expect(text).toMatch(/ 89 +– +–\n/);
  expect(text).toContain('tells nothing about accuracy');
  expect(text).not.toContain('browser’s clock');
  expect(text).not.toContain('Top-1 is of');
});
