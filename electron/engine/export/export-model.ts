import { type WrittenFile, writeFileAtomically } from '../core/atomic-file.ts';
import type { LabelledBatch } from '../measure/index.ts';
import type { ExportRequest } from './exporter.ts';
import { EXPORTERS, type ExportFormat } from './exporters.ts';
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
 * @param batches images to compare on, normalized, without augmentation
 * @throws DecantError `export.mismatch`, `output.unwritable`, `disk.full`, `weights.mismatch`
 */
export async function exportModel(options: {
  format: ExportFormat;
  path: string;
  request: ExportRequest;
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
}): Promise<ExportedFile> {
  const { format, path, request, batches } = options;
  const exporter = EXPORTERS[format];
  const bytes = exporter.write(request);
  const verification = await verifyExport({ exporter, bytes, request, batches });
  const written = await writeFileAtomically(path, bytes);
  return { ...written, format, precision: 'fp32', bytes, verification };
}
