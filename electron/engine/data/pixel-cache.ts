import { closeSync, openSync } from 'node:fs';
import { DecantError } from '../core/errors.ts';
import { BatchServer } from './batch-server.ts';
import { NO_LABEL } from './dataset.ts';
import { readRows } from './pixel-rows.ts';

/** An image that could not be decoded. */
export interface BrokenImage {
  index: number;
  path: string;
  reason: string;
}

/** Decoded images on disk: uint8, `[count, inputSize, inputSize, 3]`. An image's row is its index in the dataset. */
export class PixelCache {
  readonly inputSize: number;
  /** Rows, broken images included. */
  readonly count: number;
  /** Class of every row, `NO_LABEL` of those without. */
  readonly labels: Int32Array;
  /** Images without pixels; their rows must not be asked for. */
  readonly broken: readonly BrokenImage[];
  readonly path: string;
  readonly #file: number;
  readonly #brokenRows: ReadonlySet<number>;
  readonly #release: (() => Promise<void>) | undefined;
  #server: BatchServer | null = null;

  constructor(options: {
    path: string;
    inputSize: number;
    labels: Int32Array;
    broken: readonly BrokenImage[];
    /** Called when the cache is closed. */
    release?: () => Promise<void>;
  }) {
    this.path = options.path;
    this.inputSize = options.inputSize;
    this.count = options.labels.length;
    this.labels = options.labels;
    this.broken = options.broken;
    this.#brokenRows = new Set(options.broken.map((image) => image.index));
    this.#release = options.release;
    this.#file = openSync(options.path, 'r');
  }

  /** Bytes of one image: inputSize * inputSize * 3. */
  get rowBytes(): number {
    return this.inputSize * this.inputSize * 3;
  }

  /** Those of the indices whose image was decoded. */
  readable(indices: ArrayLike<number>): Int32Array {
    return Int32Array.from(indices).filter((index) => index < this.count && !this.#brokenRows.has(index));
  }

  /**
   * Reads images into `target`, `[indices.length, inputSize, inputSize, 3]`.
   *
   * @throws DecantError `image.unreadable` for an index that is broken or out of range, or when the file was cut
   */
  async read(indices: ArrayLike<number>, target: Uint8Array): Promise<void> {
    this.assertReadable(indices);
    readRows(this.#file, this.rowBytes, indices, target);
  }

  /** @throws DecantError `image.unreadable` */
  assertReadable(indices: ArrayLike<number>): void {
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      if (!(Number.isInteger(index) && index >= 0 && index < this.count) || this.#brokenRows.has(index))
        throw new DecantError(
          'image.unreadable',
          `Image ${index} has no pixels in the cache of ${this.count} images; leave broken images out of the split.`,
          { index },
        );
    }
  }

  /**
   * Forgets the labels of some rows, for batches too.
   *
   * @throws Error once batches have been asked for: what prepares them has its own copy
   */
  hideLabels(indices: ArrayLike<number>): void {
    if (this.#server) throw new Error('Labels can only be hidden before the first batch.');
    for (let i = 0; i < indices.length; i++) this.labels[indices[i]!] = NO_LABEL;
  }

  /** The thread that prepares batches of this cache; started when first asked for, ended by `close`. */
  batchServer(): BatchServer {
    this.#server ??= new BatchServer({ path: this.path, inputSize: this.inputSize, labels: this.labels });
    return this.#server;
  }

  /** Ends the thread and lets go of the file. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close();
    closeSync(this.#file);
    await this.#release?.();
  }
}
