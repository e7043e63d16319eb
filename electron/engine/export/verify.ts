import { DecantError } from '../core/errors.ts';
import { computeLogits, type LabelledBatch } from '../measure/index.ts';
import { foldBatchNorm, Parameters } from '../model/index.ts';
import type { Exporter, ExportRequest, OpenedExport } from './exporter.ts';
import { restorePixels } from './pixels.ts';

/** Largest difference that is allowed, as a share of the range of our logits. */
const TOLERANCE = 1e-3;
/** A lead of the best class smaller than this share of the range is a tie, which rounding may decide either way. */
const TIE = 1e-4;

/** How an exported file compares with our own forward pass of the network that it was made of. */
export interface Verification {
  images: number;
  /** Largest absolute difference of any logit, over all images and all ways of running the file. */
  maxAbsDifference: number;
  /** Largest minus smallest of our logits. */
  range: number;
  /** Share of images with the same best class. */
  top1Agreement: number;
  runtime: string;
}

/**
 * Runs an exported file on real images, with the runtime's graph optimizations and without, the file from
 * bytes and our forward pass from the normalized numbers of training, so that the preprocessing inside the file is
 * checked too.
 *
 * @throws DecantError `export.mismatch` when a logit differs by more than 1e-3 of the logits' range or another class
 *   comes out first (ties within 1e-4 of the range excepted); `model.unreadable` when the file cannot be run at all
 */
export async function verifyExport(options: {
  exporter: Exporter;
  bytes: Uint8Array;
  request: ExportRequest;
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
}): Promise<Verification> {
  const { exporter, bytes, request } = options;
  const { network, weights } = foldBatchNorm(request.network, request.weights);
  const comparison = new Comparison(request.classes.length);
  const opened: OpenedExport[] = [];
  const parameters = Parameters.fromWeights(network, weights);
  try {
    for (const optimize of [true, false]) opened.push(await exporter.open(bytes, { optimize }));
    for await (const { images, size } of options.batches) {
      const pixels = restorePixels(images);
      const ours = await computeLogits(network, parameters, { images, size });
      for (const file of opened) comparison.add(ours, await file.run(pixels, size));
    }
  } finally {
    parameters.dispose();
    for (const file of opened) await file.close();
  }
  const images = comparison.rows / opened.length;
  const verification = { ...comparison.result(), images, runtime: opened[0]!.runtime };
  judge(exporter.format, verification, comparison.worstFlip);
  return verification;
}

/** Gathers how two networks' logits differ. */
class Comparison {
  readonly #classes: number;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #difference = 0;
  #same = 0;
  rows = 0;
  /** Largest lead of our best class over the one that the file puts first. */
  worstFlip = 0;

  constructor(classes: number) {
    this.#classes = classes;
  }

  add(ours: Float32Array, theirs: Float32Array): void {
    if (ours.length !== theirs.length) this.#difference = Number.POSITIVE_INFINITY;
    for (let start = 0; start < ours.length; start += this.#classes) {
      const row = ours.subarray(start, start + this.#classes);
      const other = theirs.subarray(start, start + this.#classes);
      for (const [i, value] of row.entries()) {
        this.#lowest = Math.min(this.#lowest, value);
        this.#highest = Math.max(this.#highest, value);
        const difference = Math.abs(value - (other[i] ?? Number.NaN));
        // A number that is not one must never pass: it counts as infinitely far away.
        this.#difference = Math.max(this.#difference, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
      }
      const best = indexOfLargest(row);
      const otherBest = indexOfLargest(other);
      if (best === otherBest) this.#same++;
      else this.worstFlip = Math.max(this.worstFlip, row[best]! - row[otherBest]!);
      this.rows++;
    }
  }

  result(): { maxAbsDifference: number; range: number; top1Agreement: number } {
    return {
      maxAbsDifference: this.#difference,
      range: this.#highest - this.#lowest,
      top1Agreement: this.#same / this.rows,
    };
  }
}

function judge(format: string, verification: Verification, worstFlip: number): void {
  const { images, maxAbsDifference, range, top1Agreement } = verification;
  const facts = { ...verification, worstFlip };
  if (images === 0)
    throw new DecantError('export.mismatch', `The ${format} file was not compared: no images were given.`, facts);
  // Logits that are all equal have no range; rounding of float32 is allowed all the same.
  if (!(maxAbsDifference <= Math.max(TOLERANCE * range, 1e-6)))
    throw new DecantError(
      'export.mismatch',
      `The ${format} file's logits differ by up to ${maxAbsDifference.toPrecision(3)} from the network's, whose range is ${range.toPrecision(3)} (allowed: ${TOLERANCE} of it); nothing was written, please report this.`,
      facts,
    );
  if (worstFlip > TIE * range)
    throw new DecantError(
      'export.mismatch',
      `The ${format} file chooses another class on ${((1 - top1Agreement) * images).toFixed(0)} of ${images} images; nothing was written, please report this.`,
      facts,
    );
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
