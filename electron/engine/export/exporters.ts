import type { Exporter } from './exporter.ts';
import { onnxExporter } from './onnx/index.ts';

/** Every file format that Decant writes. A new one is a module with an `Exporter` and a line here. */
export const EXPORTERS = {
  onnx: onnxExporter,
} as const satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof EXPORTERS;
