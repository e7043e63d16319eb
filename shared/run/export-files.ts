import type { EXPORT_FORMATS, PRECISIONS } from './recipe.ts';

type Format = (typeof EXPORT_FORMATS)[number];
type Precision = (typeof PRECISIONS)[number];

/** How the file of each format ends. */
export const EXPORT_EXTENSIONS = {
  onnx: '.onnx',
  tflite: '.tflite',
  tfjs: '.tfjs.zip',
} as const satisfies Record<Format, string>;

/** In which precisions a file of each format can be written. */
export const FORMAT_PRECISIONS: Readonly<Record<Format, readonly Precision[]>> = {
  onnx: ['fp32', 'fp16', 'int8'],
  tflite: ['fp32', 'fp16', 'int8', 'int8-only'],
  tfjs: ['fp32', 'fp16', 'int8'],
};

/** Each of the formats in each of the precisions that it has. */
export function listExportFiles(asked: {
  readonly formats: readonly Format[];
  readonly precisions: readonly Precision[];
}): { format: Format; precision: Precision }[] {
  return asked.formats.flatMap((format) =>
    asked.precisions
      .filter((precision) => FORMAT_PRECISIONS[format].includes(precision))
      .map((precision) => ({ format, precision })),
  );
}
