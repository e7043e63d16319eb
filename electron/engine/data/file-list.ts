import { join } from 'node:path';
import type { ListedFile, ListedFiles } from './listing.ts';

/** Files that there is room for at first, and bytes of their paths. */
const [FIRST_FILES, FIRST_PATHS] = [1024, 64 * 1024];

/**
 * Files of a folder as they are found: their paths in one buffer and 12 bytes each, where objects would take hundreds, and the
 * memory that a folder of thousands once took stays with the process.
 */
export class FileList implements ListedFiles {
  /** Absolute path of the folder. */
  readonly #root: string;
  #count = 0;
  #paths = Buffer.allocUnsafeSlow(FIRST_PATHS);
  /** Where each path ends in `#paths`. */
  #ends = new Uint32Array(FIRST_FILES);
  #bytes = new Float64Array(FIRST_FILES);

  constructor(root: string) {
    this.#root = root;
  }

  get length(): number {
    return this.#count;
  }

  /** @param path relative to the folder, with forward slashes */
  push(path: string, bytes: number): void {
    const start = this.#startOf(this.#count);
    const most = start + 3 * path.length; // UTF-8 takes three bytes at most for each unit of UTF-16.
    if (most > this.#paths.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(most, 2 * this.#paths.length));
      this.#paths.copy(larger, 0, 0, start);
      this.#paths = larger;
    }
    if (this.#count === this.#ends.length) {
      this.#ends = enlarge(this.#ends, new Uint32Array(2 * this.#count));
      this.#bytes = enlarge(this.#bytes, new Float64Array(2 * this.#count));
    }
    this.#ends[this.#count] = start + this.#paths.write(path, start);
    this.#bytes[this.#count] = bytes;
    this.#count++;
  }

  at(index: number): ListedFile | undefined {
    if (index >= this.#count) return undefined;
    const path = this.#paths.toString('utf8', this.#startOf(index), this.#ends[index]);
    const location = { kind: 'file' as const, path: join(this.#root, path), crc32: null };
    return { path, bytes: this.#bytes[index]!, crc32: null, location };
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }
}

function enlarge<Column extends Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
