import type { Preprocessing } from './preprocessing.ts';
import type { ExportRequest, Precision, Reference } from './request.ts';
import type { Snippet, SnippetFacts } from './use-page/snippet.ts';

/** What a file says about itself. */
export interface ExportDescription {
  architecture: string;
  classes: string[];
  preprocessing: Preprocessing;
}

/** How often something is timed. */
export interface TimingLimits {
  readonly runs: number;
  /** Runs before, which are not timed. */
  readonly warmUp: number;
  /** There are fewer runs where they take longer than this together. */
  readonly limitMs: number;
}

/** An exported file that computes: in its runtime, or in an interpreter of Decant's own. */
export interface OpenedExport {
  /** Runtime, version, device. */
  readonly runtime: string;
  /** Whether its runtime was started for it: WebAssembly is slow until the engine behind it has compiled it well. */
  readonly fresh?: boolean;
  /** Of the image that its graph takes, pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /**
   * Classifies images.
   *
   * @param pixels `[size, height, width, 3]`, RGB 0..255, not normalized
   * @returns logits `[size, classes]`
   */
  run(pixels: Uint8Array, size: number): Promise<Float32Array>;
  /**
   * Times the classification of one image, again and again: the file's computation and the copy of its logits.
   *
   * @param pixels `[1, height, width, 3]`
   * @returns milliseconds of each run after the warm-up; at least one
   */
  time(pixels: Uint8Array, limits: TimingLimits): Promise<number[]>;
  close(): Promise<void>;
}

/** One file format: how it is written, and how it is read back in a runtime that its users have. */
export interface Exporter {
  readonly format: string;
  /** With its dot. */
  readonly extension: string;
  readonly precisions: readonly Precision[];
  /**
   * To how many images a file is also shown plainly, with `optimize` false: 0 where the runtime has no plain way, few where
   * it is slow.
   */
  readonly plainImages: number;
  /** The whole file. Equal requests give equal bytes. */
  write(request: ExportRequest): Uint8Array;
  /** What comes out of a file, a sentence's part, where it is something else than logits. */
  readonly output?: string;
  /** Programs that use a file, for the page beside it. */
  snippets(facts: SnippetFacts): Snippet[];
  /** @throws DecantError `model.unreadable` */
  describe(bytes: Uint8Array): ExportDescription;
  /**
   * @param optimize false: without the runtime's own rewriting of the graph, and without fast kernels, where it can do without
   * @param threads of one operation, where the runtime leaves the choice; 0: one for each core
   * @param firstAnswerMs how long it is tried, where only trying tells whether it ever answers
   * @throws DecantError `model.unreadable`
   */
  open(
    bytes: Uint8Array,
    options?: { optimize?: boolean; threads?: number; firstAnswerMs?: number },
  ): Promise<OpenedExport>;
  /** Whether its files compute with integers in a precision, and so need a request's `quantization`. */
  isInteger(precision: Precision): boolean;
  /**
   * Whether its files compute with 16-bit floats in a precision: then only a plain way of running them gives what they hold
   * without further rounding.
   */
  computesInHalf?(precision: Precision): boolean;
  /** The network with exactly the numbers that a file of floats holds; null: those of the request. */
  holds(request: ExportRequest): Reference | null;
}
