import { coremlExporter } from './coreml/index.ts';
import type { Exporter } from './exporter.ts';
import { onnxExporter } from './onnx/index.ts';
import { tfjsExporter } from './tfjs/index.ts';
import { tfliteExporter } from './tflite/index.ts';

/** Every file format that Decant writes. A new one is a module with an `Exporter` and a line here. */
export const EXPORTERS = {
  onnx: onnxExporter,
  tflite: tfliteExporter,
  tfjs: tfjsExporter,
  coreml: coremlExporter,
} as const satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof EXPORTERS;
