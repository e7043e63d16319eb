/** Codes of up to this many bits are looked up at once. */
export const LOOKUP_BITS = 9;

/** One Huffman table of a JPEG, made ready for decoding (ITU-T T.81, annexes C and F). */
export interface HuffmanTable {
  /** By the next `LOOKUP_BITS` bits: `length << 8 | symbol`, or 0 for a longer code. */
  readonly lookup: Uint16Array;
  /** By length: the largest code, or -1 where there is none. */
  readonly largest: Int32Array;
  /** By length: what is added to a code to find its symbol. */
  readonly shift: Int32Array;
  readonly symbols: Uint8Array;
}

/** Makes a table from the number of codes of each length (1 to 16) and their symbols; null where they contradict. */
export function buildHuffman(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | null {
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const largest = new Int32Array(17).fill(-1);
  const shift = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    const count = counts[length - 1]!;
    if (count === 0) continue;
    if (code + count > 1 << length) return null;
    shift[length] = index - code;
    for (let i = 0; i < count; i++, code++, index++) {
      if (length > LOOKUP_BITS) continue;
      const first = code << (LOOKUP_BITS - length);
      lookup.fill((length << 8) | symbols[index]!, first, first + (1 << (LOOKUP_BITS - length)));
    }
    largest[length] = code - 1;
  }
  return { lookup, largest, shift, symbols };
}
