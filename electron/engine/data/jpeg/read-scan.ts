import { type HuffmanTable, LOOKUP_BITS } from './huffman.ts';
import { inverseDct } from './inverse-dct.ts';
import { type JpegHeader, ZIGZAG } from './parse-jpeg.ts';

/** Samples of one component, whole blocks; the picture's lie at the top left. */
export interface Plane {
  readonly samples: Uint8Array;
  readonly stride: number;
}

/**
 * Decodes the one scan of a JPEG (ITU-T T.81, annex F) into a plane for each component. Null where the data are not
 * exactly what the header announces, up to the marker that ends the image.
 */
export function readScan(bytes: Uint8Array, header: JpegHeader): Plane[] | null {
  const { width, height, components } = header;
  const unitsAcross = Math.ceil(width / (8 * Math.max(...components.map(({ across }) => across))));
  const unitsDown = Math.ceil(height / (8 * Math.max(...components.map(({ down }) => down))));
  const planes = components.map(({ across, down }) => {
    const stride = unitsAcross * across * 8;
    return { samples: new Uint8Array(stride * unitsDown * down * 8), stride };
  });
  const reader = new ScanReader(bytes, header.scanStart);
  const previous = new Int32Array(components.length);
  const units = unitsAcross * unitsDown;
  for (let unit = 0; unit < units; unit++) {
    const top = Math.floor(unit / unitsAcross);
    const left = unit % unitsAcross;
    for (const [i, { across, down, quantization, dc, ac }] of components.entries()) {
      const { samples, stride } = planes[i]!;
      for (let y = 0; y < down; y++)
        for (let x = 0; x < across; x++) {
          const change = reader.readBlock(dc, ac, quantization, previous[i]!);
          if (change === null) return null;
          previous[i] = change;
          inverseDct(reader.block, samples, (top * down + y) * 8 * stride + (left * across + x) * 8, stride);
        }
    }
  }
  return reader.endsImage() ? planes : null;
}

class ScanReader {
  /** The coefficients of the block read last, dequantized, in the order of rows. */
  readonly block = new Int32Array(64);
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  /** Bits that were asked for beyond the coded data. */
  #missing = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Reads a block into `block`; gives its undivided DC value, or null for what no encoder writes. */
  readBlock(dc: HuffmanTable, ac: HuffmanTable, quantization: Int32Array, previous: number): number | null {
    const { block } = this;
    block.fill(0);
    const size = this.#symbol(dc);
    if (size < 0 || size > 11) return null;
    const value = previous + this.#signed(size);
    block[0] = value * quantization[0]!;
    for (let k = 1; k < 64; k++) {
      const symbol = this.#symbol(ac);
      if (symbol < 0) return null;
      const bits = symbol & 15;
      if (bits === 0) {
        if (symbol === 0) break;
        if (symbol !== 0xf0) return null;
        k += 15;
        continue;
      }
      k += symbol >> 4;
      if (k > 63 || bits > 10) return null;
      const place = ZIGZAG[k]!;
      block[place] = this.#signed(bits) * quantization[place]!;
    }
    return this.#missing > this.#count ? null : value;
  }

  /** Whether all data have been used but for the rest of a byte, and the marker that ends the image follows. */
  endsImage(): boolean {
    return this.#count - this.#missing < 8 && this.#bytes[this.#at] === 0xff && this.#bytes[this.#at + 1] === 0xd9;
  }

  /** Makes at least 16 bits ready; zeros beyond the end of the data. */
  #fill(): void {
    while (this.#count <= 16) {
      let byte = 0;
      if (this.#at >= this.#bytes.length) this.#missing += 8;
      else {
        byte = this.#bytes[this.#at]!;
        if (byte !== 0xff) this.#at++;
        else if (this.#bytes[this.#at + 1] === 0) this.#at += 2;
        else {
          byte = 0; // A marker ends the data.
          this.#missing += 8;
        }
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }

  /** The next symbol of a table; -1 for a code that is none. */
  #symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const found = table.lookup[(this.#bits >> (this.#count - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)]!;
    if (found !== 0) {
      this.#count -= found >> 8;
      return found & 255;
    }
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      const code = (this.#bits >> (this.#count - length)) & ((1 << length) - 1);
      if (code > table.largest[length]!) continue;
      this.#count -= length;
      return table.symbols[code + table.shift[length]!] ?? -1;
    }
    return -1;
  }

  /** A number of so many bits, those with a leading 0 negative (T.81, F.2.2.1). */
  #signed(size: number): number {
    if (size === 0) return 0;
    if (this.#count < size) this.#fill();
    this.#count -= size;
    const value = (this.#bits >> this.#count) & ((1 << size) - 1);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }
}
