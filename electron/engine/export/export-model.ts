import { basename } from 'node:path';
import { type WrittenFile, writeFileAtomically } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import type { LabelledBatch } from '../measure/index.ts';
import type { Quantization } from '../quantize/index.ts';
import type { Exporter } from './exporter.ts';
import { EXPORTERS, type ExportFormat } from './exporters.ts';
import type { ExportRequest, Precision } from './request.ts';
import { writeUsePage } from './use-page/write-use-page.ts';
import { type Verification, verifyExport } from './verify.ts';

export interface ExportedFile extends WrittenFile {
  format: ExportFormat;
  precision: Precision;
  /** The file's content, for further measurements. */
  bytes: Uint8Array;
  verification: Verification;
  /** How the integers were chosen; null for a file of floats. */
  quantization: Quantization | null;
}

/**
 * Exports a network to a file, and to a page `<path>.html` beside it that says how to use it. The file appears, whole, only
 * after it has been run and found to compute what the network computes; otherwise nothing is left behind.
 *
 * @param batches images to compare on, normalized, without augmentation
 * @throws DecantError `usage.invalid` for a precision that the format has not, `export.mismatch`, `output.unwritable`, `disk.full`, `weights.mismatch`
 */
export async function exportModel(options: {
  format: ExportFormat;
  path: string;
  request: ExportRequest;
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
  /** Chooses the integers, for files that compute with them. */
  integers?: () => Promise<Quantization>;
}): Promise<ExportedFile> {
  const { format, path, batches, integers } = options;
  const exporter: Exporter = EXPORTERS[format];
  const { precision = 'fp32' } = options.request;
  if (!exporter.precisions.includes(precision))
    throw new DecantError(
      'usage.invalid',
      `${format} files cannot be written in ${precision}; choose ${exporter.precisions.join(' or ')}.`,
      { format, precision },
    );
  const quantization = exporter.isInteger(precision) && integers ? await integers() : null;
  const request = quantization ? { ...options.request, quantization: quantization.plan } : options.request;
  const bytes = exporter.write(request);
  const verification = await verifyExport({ exporter, bytes, request, batches });
  const written = await writeFileAtomically(path, bytes);
  await writeFileAtomically(`${path}.html`, writePage(exporter, precision, written, bytes, verification));
  return { ...written, format, precision, bytes, verification, quantization };
}

/** How to use the file, with its own names, shapes and labels. */
function writePage(
  exporter: Exporter,
  precision: Precision,
  { path, sizeBytes, sha256 }: WrittenFile,
  bytes: Uint8Array,
  verification: Verification,
): string {
  const file = basename(path);
  const description = exporter.describe(bytes);
  const [height, width] = description.preprocessing.inputSize;
  const snippets = exporter.snippets({ file, height, width, classes: description.classes, precision });
  return writeUsePage({
    file,
    format: exporter.format,
    precision,
    sizeBytes,
    sha256,
    description,
    verification,
    output: exporter.output,
    snippets,
  });
}
