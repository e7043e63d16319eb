import type { EXPORT_FORMATS, PRECISIONS } from './recipe.ts';

type Format = (typeof EXPORT_FORMATS)[number];
type Precision = (typeof PRECISIONS)[number];

/** File extension of each format. */
export const EXPORT_EXTENSIONS = {
  onnx: '.onnx',
  tflite: '.tflite',
  tfjs: '.tfjs.zip',
} as const satisfies Record<Format, string>;

/** The precisions that each format supports. */
export const FORMAT_PRECISIONS: Readonly<Record<Format, readonly Precision[]>> = {
  onnx: ['fp32', 'fp16', 'int8'],
  tflite: ['fp32', 'fp16', 'int8', 'int8-only'],
  tfjs: ['fp32', 'fp16', 'int8'],
};

/** Lists the files to export: each format in each of the given precisions that it supports. */
export function listExportFiles(wanted: {
  readonly formats: readonly Format[];
  readonly precisions: readonly Precision[];
}): { format: Format; precision: Precision }[] {
  return wanted.formats.flatMap((format) =>
    wanted.precisions
      .filter((precision) => FORMAT_PRECISIONS[format].includes(precision))
      .map((precision) => ({ format, precision })),
  );
}
