import { describe, expect, it } from 'vitest';
import {
  explainVerified,
  formatRangeShare,
  listExportRows,
  type Made,
  withExport,
} from '../../../../renderer/views/export/export-rows.ts';

const make = (format: string, precision: string, top1: number): Made => ({
  format,
  precision,
  file: `/tmp/student.${format}`,
  bytes: 1000,
  sha256: 'a1'.repeat(32),
  top1,
  groups: [],
  maxAbsDifference: 0.02,
  logitsRange: 20,
  images: 64,
  runtime: null,
  latencyMs: { p50: 1, p95: 2 },
});

const find = (rows: ReturnType<typeof listExportRows>, key: string) => rows.find((row) => row.key === key)!;

describe('the rows of the table', () => {
  it('are every format in every precision that it has, exported or not', () => {
    const rows = listExportRows([make('onnx', 'fp32', 0.9)], 0.9);
    expect(rows).toHaveLength(12);
    expect(rows.map(({ key }) => key)).toContain('tflite-int8-only');
    expect(rows.map(({ key }) => key)).not.toContain('onnx-int8-only');
    expect(rows.filter(({ made }) => made).map(({ name }) => name)).toEqual(['ONNX fp32']);
    expect(find(rows, 'tflite-int8')).toMatchObject({ made: null, vsTrained: null, vsFp32: null, difference: null });
  });

  it('compare with the student as trained, and with fp32 of the same format, else of any', () => {
    const onnx = [make('onnx', 'fp32', 0.9), make('tflite', 'int8', 0.88)];
    expect(find(listExportRows(onnx, 0.91), 'tflite-int8').vsTrained).toBeCloseTo(-0.03);
    expect(find(listExportRows(onnx, 0.91), 'tflite-int8').vsFp32).toBeCloseTo(-0.02);
    expect(find(listExportRows([...onnx, make('tflite', 'fp32', 0.89)], 0.91), 'tflite-int8').vsFp32).toBeCloseTo(
      -0.01,
    );
    expect(find(listExportRows(onnx, 0.91), 'onnx-fp32').vsFp32).toBeNull();
    expect(find(listExportRows(onnx, null), 'onnx-fp32').vsTrained).toBeNull();
  });

  it('take the newest file of a format and precision', () => {
    const exports = withExport([make('onnx', 'fp32', 0.9), make('onnx', 'int8', 0.8)], make('onnx', 'int8', 0.85));
    expect(exports).toHaveLength(2);
    expect(find(listExportRows(exports, 0.9), 'onnx-int8').made?.top1).toBe(0.85);
  });

  it('say what verified means, with the difference as a share of the range', () => {
    const row = find(
      listExportRows([{ ...make('tflite', 'int8', 0.9), runtime: 'LiteRT 1.4, 1 thread' }], 0.9),
      'tflite-int8',
    );
    expect(explainVerified(row)).toContain('opened in LiteRT 1.4, 1 thread');
    expect(explainVerified(row)).toContain(
      'Compared with the student as trained, no logit differs by more than 0.10 % of the logit range',
    );
    expect(explainVerified(find(listExportRows([make('onnx', 'fp32', 0.9)], 0.9), 'onnx-fp32'))).toContain(
      'ONNX Runtime. On 64 test images, it gives the same results as Decant’s own forward pass: no logit',
    );
    const coreml = { ...make('coreml', 'fp32', 0.9), latencyMs: null };
    for (const made of [[], [coreml]]) {
      const said = explainVerified(find(listExportRows(made, 0.9), 'coreml-fp32'));
      expect(said).toContain('interpreter');
      expect(said).toContain('Core ML itself runs on Apple’s systems only: try the file there.');
    }
    expect(formatRangeShare(3.8e-7)).toBe('< 0.01 %');
    expect(formatRangeShare(0.1009)).toBe('10.1 %');
  });
});
