import { expect, it } from 'vitest';
import { describeVerification, EXPORT_FILES, findFormat } from '../../../shared/run/export-files.ts';
import { formatExport } from '../../../shared/run/results-text.ts';

const IMAGES = '256 test images';

it('every format says who verified a file, and what did not', () => {
  for (const [format, { runtime, foreign }] of Object.entries(EXPORT_FILES)) {
    const said = describeVerification({ format, runtime: `${runtime} 9.9` }, IMAGES);
    if (foreign === null) expect(said).toBe(`verified by ${runtime} 9.9 on ${IMAGES}`);
    else {
      expect(said).not.toContain('verified');
      expect(said).toContain(`not by ${runtime} itself, which runs on ${foreign} only`);
    }
  }
  expect(describeVerification({ format: 'tflite', runtime: null }, IMAGES)).toBe(`verified by LiteRT on ${IMAGES}`);
  expect(describeVerification({ format: 'of later', runtime: null }, IMAGES)).toBe(`verified by of later on ${IMAGES}`);
  expect(findFormat('toString')).toBeUndefined();
});

it('the command line says it too, and no latency where none is known', () => {
  const result = {
    format: 'coreml',
    precision: 'fp16',
    file: '/a/b.mlpackage.zip',
    bytes: 1000,
    sha256: 'a1'.repeat(32),
    top1: 0.5,
    groups: [],
    maxAbsDifference: 0.01,
    logitsRange: 20,
    images: 256,
    runtime: 'ours',
    latencyMs: null,
  };
  const said = formatExport(result);
  expect(said).toMatch(
    /checked by its structure and by Decant’s own interpreter on 256 test images, not by Core ML itself/,
  );
  expect(said).not.toMatch(/\bms\b|verified/);
  expect(
    formatExport({ ...result, format: 'onnx', runtime: 'ONNX Runtime 1.30', latencyMs: { p50: 1.5, p95: 2 } }),
  ).toMatch(
    /1\.50\sms per image in ONNX Runtime 1\.30; verified by ONNX Runtime 1\.30 on 256 test images: its logits differ/,
  );
});
