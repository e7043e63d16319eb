import { DecantError } from '../core/errors.ts';
import { restorePixels } from '../data/normalization.ts';
import { computeLogits, type LabelledBatch } from '../measure/index.ts';
import { foldBatchNorm, Parameters } from '../model/index.ts';
import { type QuantizationPlan, simulate } from '../quantize/index.ts';
import type { Exporter, OpenedExport } from './exporter.ts';
import type { ExportRequest, Precision, Reference } from './request.ts';

/** What is allowed, as shares of the range of the logits. */
interface Tolerance {
  readonly difference: number;
  /** A lead of the best class smaller than this is a tie, which rounding may decide either way. */
  readonly tie: number;
  /** What to do about a file that is beyond it. */
  readonly advice: string;
}

const REPORT = 'please report this';

/** For a file that computes with the very numbers of the network that it is compared with. */
const SAME_NUMBERS: Tolerance = { difference: 1e-3, tie: 1e-4, advice: REPORT };
/** For one whose activations also have constants of 16 bits, such as the sixth of a hard swish. */
const SAME_HALVES: Tolerance = { difference: 5e-3, tie: 2e-3, advice: REPORT };
/** For a file that computes with the very integers of a plan: where a number lies between two, runtimes differ. */
const SAME_INTEGERS: Tolerance = { difference: 0.1, tie: 0.05, advice: REPORT };
/** Accuracy shows the cost of 8 bits; this only catches a file of another network. */
const INTEGERS: Tolerance = {
  difference: 0.5,
  tie: 0.25,
  advice: 'it loses too much accuracy at 8 bits, export in fp16',
};
/** For a file compared with the trained network, whose numbers it may hold rounded. */
const TRAINED: Readonly<Record<Precision, Tolerance>> = {
  fp32: SAME_NUMBERS,
  fp16: { difference: 2e-2, tie: 1e-2, advice: 'it loses too much accuracy at 16 bits, export in fp32' },
  int8: INTEGERS,
  'int8-only': INTEGERS,
};

/** For integers that were trained on: only the simulation of them says what they are to give. */
const TRAINED_ON: Tolerance = { difference: 1e6, tie: 1e6, advice: REPORT };

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
  /** A sentence where the file is right, but its runtime's fast kernels are not on this processor; null otherwise. */
  caveat: string | null;
}

/**
 * Runs an exported file on real images, with the runtime's graph optimizations and, where it can, without; the file from
 * bytes and our forward pass from the normalized numbers of training, so that the preprocessing inside the file is
 * checked too. A file of rounded weights is compared twice: strictly with our forward pass of its own numbers, and
 * loosely with that of the trained ones, of which the figures are; a file of integers likewise with our simulation of them.
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
  const yardsticks: Yardstick[] = [];
  const opened: { file: OpenedExport; most: number; plain: boolean }[] = [];
  // Where integers can be computed plainly, that is what the file is judged by; what fast kernels make of them is looked at apart.
  const integers = request.quantization !== undefined && exporter.isInteger(request.precision ?? 'fp32');
  const apart = integers && exporter.plainImages === Number.POSITIVE_INFINITY;
  // Values of 16 bits are rounded where a file is used; that it holds the right numbers is seen without.
  const halves = exporter.computesInHalf?.(request.precision ?? 'fp32') ?? false;
  const fast = new Comparison(request.classes.length, SAME_INTEGERS);
  let images = 0;
  try {
    for (const open of listYardsticks(exporter, request)) yardsticks.push(open());
    opened.push({ file: await exporter.open(bytes), most: Number.POSITIVE_INFINITY, plain: false });
    if (exporter.plainImages > 0)
      opened.push({ file: await exporter.open(bytes, { optimize: false }), most: exporter.plainImages, plain: true });
    for await (const batch of options.batches) {
      const pixels = restorePixels(batch.images);
      const answers: { logits: Float32Array; size: number; plain: boolean }[] = [];
      for (const { file, most, plain } of opened) {
        const size = Math.min(batch.size, most - images);
        if (size <= 0) continue;
        const some = pixels.subarray(0, (pixels.length / batch.size) * size);
        answers.push({ logits: await file.run(some, size), size, plain });
      }
      for (const { comparison, compute } of yardsticks) {
        const ours = await compute(batch, pixels);
        for (const { logits, size, plain } of answers) {
          const some = ours.subarray(0, size * request.classes.length);
          if (halves) {
            if (plain === (comparison === yardsticks[1]?.comparison)) comparison.add(some, logits);
          } else if (plain || !apart) comparison.add(some, logits);
          else if (comparison === yardsticks.at(-1)!.comparison) fast.add(some, logits);
        }
      }
      images += batch.size;
    }
  } finally {
    for (const { dispose } of yardsticks) dispose();
    for (const { file } of opened) await file.close();
  }
  const verifications = yardsticks.map(({ comparison }) => {
    const caveat = apart ? describeOverflow(exporter.format, fast) : null;
    const verification = { ...comparison.result(), images, runtime: opened[0]!.file.runtime, caveat };
    judge(exporter.format, verification, comparison);
    return verification;
  });
  return verifications[0]!; // The trained network's.
}

/**
 * Kernels for processors without VNNI instructions add products of 8-bit integers two by two in 16 bits, where they overflow:
 * a known weakness of ONNX Runtime on such processors, not of the file.
 */
function describeOverflow(format: string, fast: Comparison): string | null {
  const { maxAbsDifference, range } = fast.result();
  if (fast.rows === 0 || maxAbsDifference <= Math.max(fast.tolerance.difference * range, 1e-6)) return null;
  return `The ${format} file is correct, but its runtime's fast integer kernels overflow on this processor: logits are off by up to ${maxAbsDifference.toPrecision(3)} of a range of ${range.toPrecision(3)}. They are correct on other processors or without graph optimizations.`;
}

/** Our own computation that a file is compared with. */
interface Yardstick {
  readonly comparison: Comparison;
  /** Logits of a batch, which is also given as bytes. */
  compute(batch: LabelledBatch, pixels: Uint8Array): Promise<Float32Array>;
  dispose(): void;
}

/** The trained network, then what the file is to compute exactly, where that is another. */
function listYardsticks(exporter: Exporter, request: ExportRequest): (() => Yardstick)[] {
  const { precision = 'fp32', quantization, classes } = request;
  const network = (reference: Reference, tolerance: Tolerance) => () => {
    const parameters = Parameters.fromWeights(reference.network, reference.weights);
    return {
      comparison: new Comparison(classes.length, tolerance),
      compute: (batch: LabelledBatch) => computeLogits(reference.network, parameters, batch),
      dispose: () => parameters.dispose(),
    };
  };
  const tolerance = quantization?.trained ? TRAINED_ON : TRAINED[precision];
  const trained = network(foldBatchNorm(request.network, request.weights), tolerance);
  if (quantization && exporter.isInteger(precision)) return [trained, () => simulateIntegers(quantization, classes)];
  const held = exporter.holds(request);
  if (!held) return [trained];
  return [trained, network(held, exporter.computesInHalf?.(precision) ? SAME_HALVES : SAME_NUMBERS)];
}

function simulateIntegers(plan: QuantizationPlan, classes: readonly string[]): Yardstick {
  const simulation = simulate(plan);
  return {
    comparison: new Comparison(classes.length, SAME_INTEGERS),
    compute: ({ size }, pixels) => simulation.run(pixels, size),
    dispose: () => simulation.dispose(),
  };
}

/** Gathers how two networks' logits differ. */
class Comparison {
  readonly tolerance: Tolerance;
  readonly #classes: number;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #difference = 0;
  #same = 0;
  rows = 0;
  /** Largest lead of our best class over the one that the file puts first. */
  worstFlip = 0;

  constructor(classes: number, tolerance: Tolerance) {
    this.#classes = classes;
    this.tolerance = tolerance;
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

function judge(format: string, verification: Verification, { tolerance, worstFlip }: Comparison): void {
  const { images, maxAbsDifference, range, top1Agreement } = verification;
  const facts = { ...verification, worstFlip };
  if (images === 0)
    throw new DecantError('export.mismatch', `The ${format} file was not compared: no images were given.`, facts);
  // Logits that are all equal have no range; rounding of float32 is allowed all the same.
  if (!(maxAbsDifference <= Math.max(tolerance.difference * range, 1e-6)))
    throw new DecantError(
      'export.mismatch',
      `The ${format} file's logits differ by up to ${maxAbsDifference.toPrecision(3)} from the network's, whose range is ${range.toPrecision(3)} (allowed: ${tolerance.difference} of it); nothing was written; ${tolerance.advice}.`,
      facts,
    );
  if (worstFlip > tolerance.tie * range)
    throw new DecantError(
      'export.mismatch',
      `The ${format} file predicts a different class on ${((1 - top1Agreement) * images).toFixed(0)} of ${images} images; nothing was written; ${tolerance.advice}.`,
      facts,
    );
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
