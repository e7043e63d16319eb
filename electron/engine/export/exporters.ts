import { DecantError } from '../core/errors.ts';
import type { Exporter } from './exporter.ts';
import { onnxExporter } from './onnx/index.ts';
import { tfjsExporter } from './tfjs/index.ts';
import { tfliteExporter } from './tflite/index.ts';

/** Every file format that Decant writes. A new one is a module with an `Exporter` and a line here. */
export const EXPORTERS = {
  onnx: onnxExporter,
  tflite: tfliteExporter,
  tfjs: tfjsExporter,
} as const satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof EXPORTERS;

/**
 * The format of a file, by its extension.
 *
 * @throws DecantError `model.unreadable` for an extension of no exporter
 */
export function findExporter(path: string): Exporter {
  const exporters: Exporter[] = Object.values(EXPORTERS);
  const found = exporters.find(({ extension }) => path.toLowerCase().endsWith(extension));
  if (found) return found;
  const known = exporters.map(({ extension }) => extension).join(', ');
  throw new DecantError('model.unreadable', `${path} is not an exported network; use a file that ends in ${known}.`, {
    path,
  });
}
