import { AccuracyTally, type Evaluation } from '../measure/index.ts';
import type { Exporter } from './exporter.ts';
import type { PixelBatch } from './pixels.ts';

/**
 * Accuracy of an exported file in its runtime, from pixels 0..255, through the preprocessing that the file carries.
 *
 * @throws DecantError `model.unreadable`
 */
export async function evaluateExport(options: {
  exporter: Exporter;
  bytes: Uint8Array;
  pixels: AsyncIterable<PixelBatch> | Iterable<PixelBatch>;
}): Promise<Evaluation> {
  const { exporter, bytes, pixels } = options;
  const tally = new AccuracyTally(exporter.describe(bytes).classes.length);
  const file = await exporter.open(bytes);
  try {
    for await (const batch of pixels) tally.add(await file.run(batch.pixels, batch.size), batch.labels, batch.indices);
  } finally {
    await file.close();
  }
  return tally.result();
}
