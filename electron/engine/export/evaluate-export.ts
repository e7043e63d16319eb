import { restorePixels } from '../data/normalization.ts';
import { AccuracyTally, type Evaluation, type LabelledBatch } from '../measure/index.ts';
import type { Exporter } from './exporter.ts';
import { openDescribed } from './open-described.ts';

/**
 * Accuracy of an exported file in its runtime, from bytes and through the preprocessing that the file carries.
 *
 * @throws DecantError `model.unreadable`
 */
export async function evaluateExport(options: {
  exporter: Exporter;
  bytes: Uint8Array;
  /** Normalized, without augmentation. */
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
}): Promise<Evaluation & { runtime: string }> {
  const { exporter, bytes, batches } = options;
  const { description, file } = await openDescribed(exporter, bytes);
  const tally = new AccuracyTally(description.classes.length);
  try {
    for await (const { images, labels, indices, size } of batches)
      tally.add(await file.run(restorePixels(images), size), labels, indices);
  } finally {
    await file.close();
  }
  return { ...tally.result(), runtime: file.runtime };
}
