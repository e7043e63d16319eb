import { bytesOf } from '../layout.ts';

/** In what a number of a weight file is stored, by the format's own numbers. */
const STORED = { fp16: 1, fp32: 2 } as const;
export type StoredFloat = keyof typeof STORED;
const BYTES: Readonly<Record<StoredFloat, number>> = { fp16: 2, fp32: 4 };

const VERSION = 2;
const SENTINEL = 0xdeadbeef;
/** Of every header and of every tensor's numbers, bytes. */
const ALIGNMENT = 64;

/**
 * Gathers the numbers of a Core ML package (`weight.bin`, MIL's blob storage version 2): a header of 64 bytes, then for each
 * tensor 64 bytes that say what and where its numbers are, and the numbers, little-endian. All begin at multiples of 64 bytes.
 */
export class WeightFile {
  readonly #parts: Uint8Array[] = [];
  #length = ALIGNMENT;
  #count = 0;

  /** Adds numbers; gives the offset by which a program names them. */
  add(values: Float32Array | Uint16Array, stored: StoredFloat): number {
    const offset = this.#length;
    const bytes = bytesOf(values);
    const header = new DataView(new ArrayBuffer(ALIGNMENT));
    header.setUint32(0, SENTINEL, true);
    header.setUint32(4, STORED[stored], true);
    header.setBigUint64(8, BigInt(bytes.length), true);
    header.setBigUint64(16, BigInt(offset + ALIGNMENT), true);
    const padding = (ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT;
    this.#parts.push(new Uint8Array(header.buffer), bytes, new Uint8Array(padding));
    this.#length += ALIGNMENT + bytes.length + padding;
    this.#count++;
    return offset;
  }

  /** The whole file. */
  finish(): Uint8Array {
    const header = new DataView(new ArrayBuffer(ALIGNMENT));
    header.setUint32(0, this.#count, true);
    header.setUint32(4, VERSION, true);
    return Buffer.concat([new Uint8Array(header.buffer), ...this.#parts]);
  }
}

/**
 * The bytes of a tensor's numbers.
 *
 * @param offset by which a program names them
 * @param count of the numbers
 * @throws RangeError where there are no such numbers
 */
export function readWeights(file: Uint8Array, offset: number, stored: StoredFloat, count: number): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < ALIGNMENT || view.getUint32(4, true) !== VERSION)
    throw new RangeError('its weights are no blob storage of version 2');
  if (offset % ALIGNMENT !== 0 || offset < ALIGNMENT || offset + ALIGNMENT > file.length)
    throw new RangeError(`there are no weights at ${offset}`);
  if (view.getUint32(offset, true) !== SENTINEL) throw new RangeError(`no weights begin at ${offset}`);
  const length = Number(view.getBigUint64(offset + 8, true));
  const start = Number(view.getBigUint64(offset + 16, true));
  if (view.getUint32(offset + 4, true) !== STORED[stored] || length !== count * BYTES[stored])
    throw new RangeError(`the weights at ${offset} are not ${count} numbers in ${stored}`);
  if (start % ALIGNMENT !== 0 || start < offset + ALIGNMENT || start + length > file.length)
    throw new RangeError(`the weights at ${offset} are not inside of the file`);
  return file.subarray(start, start + length);
}
