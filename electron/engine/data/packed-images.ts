import { join } from 'node:path';
import type { DatasetFile } from './dataset.ts';
import type { ListedFiles } from './listing.ts';

const UNKNOWN = -1;

/**
 * Files of images, packed: their paths and some 20 (folder) or 40 (archive) bytes each, where an object for each would take
 * hundreds. Made for thousands of images that nobody sorted.
 */
export class PackedImages {
  readonly length: number;
  /** Of the folder that paths are relative to; null where they lie in an archive. */
  readonly #root: string | null;
  readonly #paths: Buffer;
  /** Where each path ends in `#paths`. */
  readonly #ends: Uint32Array;
  readonly #bytes: Float64Array;
  /** CRC-32 of each, or `UNKNOWN`. */
  readonly #checksums: Float64Array;
  readonly #entries: PackedEntries | null;

  /**
   * @param order which of the files, in their order
   * @param root absolute path of the folder that the files' paths are relative to
   */
  constructor(files: ListedFiles, order: Uint32Array, root: string) {
    const inArchive = order.length > 0 && files.at(order[0]!)!.location.kind === 'zip';
    this.length = order.length;
    this.#root = inArchive ? null : root;
    this.#ends = new Uint32Array(order.length);
    this.#bytes = new Float64Array(order.length);
    this.#checksums = new Float64Array(order.length).fill(UNKNOWN);
    this.#entries = inArchive ? new PackedEntries(order.length) : null;
    this.#paths = Buffer.allocUnsafeSlow(order.reduce((sum, file) => sum + Buffer.byteLength(files.at(file)!.path), 0));
    let end = 0;
    for (const [i, file] of order.entries()) {
      const { path, bytes, location } = files.at(file)!;
      end += this.#paths.write(path, end);
      this.#ends[i] = end;
      this.#bytes[i] = bytes;
      if (location.crc32 !== null) this.#checksums[i] = location.crc32;
      if (location.kind === 'zip') this.#entries?.set(i, location);
    }
  }

  /** What it takes of memory. */
  get sizeBytes(): number {
    const columns = [this.#ends, this.#bytes, this.#checksums];
    return (
      columns.reduce((sum, { byteLength }) => sum + byteLength, this.#paths.length) + (this.#entries?.sizeBytes ?? 0)
    );
  }

  at(index: number): DatasetFile | undefined {
    const bytes = this.#bytes[index];
    if (bytes === undefined) return undefined;
    const path = this.#paths.toString('utf8', index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
    const known = this.#checksums[index]!;
    const crc32 = known === UNKNOWN ? null : known;
    if (this.#root !== null) return { path, bytes, location: { kind: 'file', path: join(this.#root, path), crc32 } };
    return { path, bytes, location: { kind: 'zip', bytes, crc32: crc32 ?? 0, ...this.#entries!.at(index) } };
  }

  /** Keeps the CRC-32 that the dataset's fingerprint was taken of. */
  setChecksum(index: number, crc32: number | null): void {
    this.#checksums[index] = crc32 ?? UNKNOWN;
  }
}

interface Entry {
  offset: number;
  compressedBytes: number;
  method: number;
}

/** Where images lie in an archive. */
class PackedEntries {
  readonly #offsets: Float64Array;
  readonly #compressedBytes: Float64Array;
  readonly #methods: Uint16Array;

  constructor(count: number) {
    this.#offsets = new Float64Array(count);
    this.#compressedBytes = new Float64Array(count);
    this.#methods = new Uint16Array(count);
  }

  get sizeBytes(): number {
    return this.#offsets.byteLength + this.#compressedBytes.byteLength + this.#methods.byteLength;
  }

  set(index: number, { offset, compressedBytes, method }: Entry): void {
    this.#offsets[index] = offset;
    this.#compressedBytes[index] = compressedBytes;
    this.#methods[index] = method;
  }

  at(index: number): Entry {
    return {
      offset: this.#offsets[index]!,
      compressedBytes: this.#compressedBytes[index]!,
      method: this.#methods[index]!,
    };
  }
}
