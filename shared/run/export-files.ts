import type { EXPORT_FORMATS, PRECISIONS } from './recipe.ts';

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
type Precision = (typeof PRECISIONS)[number];

/** What everybody has to know of a format of files. */
interface FormatFacts {
  /** As people say it. */
  readonly title: string;
  /** Of its files, with the dot. */
  readonly extension: string;
  readonly precisions: readonly Precision[];
  /** The runtime that its files are for. */
  readonly runtime: string;
  /**
   * Null where Decant runs its files in that runtime. Else the runtime's systems: Decant checks the structure of a file, and
   * computes it with an interpreter of its own, so that nothing is known of its latency.
   */
  readonly foreign: string | null;
}

/** Every format of files, in the order in which people are shown them: phones first. */
export const EXPORT_FILES = {
  tflite: {
    title: 'TFLite',
    extension: '.tflite',
    precisions: ['fp32', 'fp16', 'int8', 'int8-only'],
    runtime: 'LiteRT',
    foreign: null,
  },
  coreml: {
    title: 'Core ML',
    extension: '.mlpackage.zip',
    precisions: ['fp32', 'fp16'],
    runtime: 'Core ML',
    foreign: 'Apple’s systems',
  },
  onnx: {
    title: 'ONNX',
    extension: '.onnx',
    precisions: ['fp32', 'fp16', 'int8'],
    runtime: 'ONNX Runtime',
    foreign: null,
  },
  tfjs: {
    title: 'TF.js',
    extension: '.tfjs.zip',
    precisions: ['fp32', 'fp16', 'int8'],
    runtime: 'TensorFlow.js',
    foreign: null,
  },
} as const satisfies Record<ExportFormat, FormatFacts>;

/** The facts of a format by its name, which may come from a stored report; undefined for one of another version. */
export function findFormat(format: string): FormatFacts | undefined {
  return Object.hasOwn(EXPORT_FILES, format) ? EXPORT_FILES[format as ExportFormat] : undefined; // It is a key.
}

/** Lists the files to export: each format in each of the given precisions that it supports. */
export function listExportFiles(wanted: {
  readonly formats: readonly ExportFormat[];
  readonly precisions: readonly Precision[];
}): { format: ExportFormat; precision: Precision }[] {
  return wanted.formats.flatMap((format) =>
    wanted.precisions
      .filter((precision) => (EXPORT_FILES[format].precisions as readonly Precision[]).includes(precision))
      .map((precision) => ({ format, precision })),
  );
}

/** The name of a student's file: "student-fp16.onnx". */
export function nameExportFile(stem: string, format: ExportFormat, precision: Precision): string {
  return `${stem}${precision === 'fp32' ? '' : `-${precision}`}${EXPORT_FILES[format].extension}`;
}

/**
 * Says in a clause what a file was verified by: "verified by LiteRT 2.4 on 256 test images".
 *
 * @param runtime that it was run in, with its version; null where that was not kept
 * @param images that it was run on, in words: "256 test images"
 */
export function describeVerification(file: { format: string; runtime: string | null }, images: string): string {
  const facts = findFormat(file.format);
  if (!facts || facts.foreign === null)
    return `verified by ${file.runtime ?? facts?.runtime ?? file.format} on ${images}`;
  return `checked by its structure and by Decant’s own interpreter on ${images}, not by ${facts.runtime} itself, which runs on ${facts.foreign} only`;
}
