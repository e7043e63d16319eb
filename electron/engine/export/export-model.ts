import { type WrittenFile, writeFileAtomically } from '../core/atomic-file.ts';
import type { ExportRequest } from './exporter.ts';
import { EXPORTERS, type ExportFormat } from './exporters.ts';
import type { PixelBatch } from './pixels.ts';
import { type Verification, verifyExport } from './verify.ts';

export interface ExportedFile extends WrittenFile {
  format: ExportFormat;
  precision: 'fp32';
  /** The file's content, for further measurements. */
  bytes: Uint8Array;
  verification: Verification;
}

/**
 * Exports a network to a file. The file appears, whole, only after it has been run in a real runtime and found to compute
 * what the network computes; otherwise nothing is left behind.
 *
 * @param pixels images to compare on
 * @throws DecantError `export.mismatch`, `output.unwritable`, `disk.full`, `weights.mismatch`
 */
export async function exportModel(options: {
  format: ExportFormat;
  path: string;
  request: ExportRequest;
  pixels: AsyncIterable<PixelBatch> | Iterable<PixelBatch>;
}): Promise<ExportedFile> {
  const { format, path, request, pixels } = options;
  const exporter = EXPORTERS[format];
  const bytes = exporter.write(request);
  const verification = await verifyExport({ exporter, bytes, request, pixels });
  const written = await writeFileAtomically(path, bytes);
  return { ...written, format, precision: 'fp32', bytes, verification };
}
