import { buildHuffman, type HuffmanTable } from './huffman.ts';

export interface JpegComponent {
  readonly id: number;
  /** Blocks in each unit, across and down. */
  readonly across: number;
  readonly down: number;
  /** 64 divisors in the order of rows. */
  readonly quantization: Int32Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** A plain JPEG, up to its one scan. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  /** Where the coded data begins. */
  readonly scanStart: number;
}

/** Places in the order of rows, by their place in the file's zigzag. */
export const ZIGZAG = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21],
  ...[28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61],
  ...[54, 47, 55, 62, 63],
);

const [SOF0, DHT, DQT, SOS, APP0, COMMENT] = [0xc0, 0xc4, 0xdb, 0xda, 0xe0, 0xfe];

/**
 * The header of a baseline JPEG of three components, YCbCr by their numbers, with nothing in it that changes how it looks:
 * no EXIF (it may be rotated), no colour profile, no Adobe marker; and without restart markers. Null for any other file and any oddity.
 */
export function parseJpeg(bytes: Uint8Array): JpegHeader | null {
  const word = (at: number) => (bytes[at]! << 8) | bytes[at + 1]!;
  if (word(0) !== 0xffd8) return null;
  const tables = { quantization: new Map<number, Int32Array>(), huffman: new Map<number, HuffmanTable>() };
  let frame: Uint8Array | null = null;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    const length = word(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (length < 2 || at > bytes.length) return null;
    if (marker === DQT && !readQuantization(segment, tables.quantization)) return null;
    else if (marker === DHT && !readHuffman(segment, tables.huffman)) return null;
    else if (marker === SOF0 && frame === null) frame = segment;
    else if (marker === SOS) {
      const header = frame && readFrame(frame, segment, tables);
      return header && { ...header, scanStart: at };
    } else if (![DQT, DHT, APP0, COMMENT].includes(marker)) return null;
  }
  return null;
}

function readQuantization(segment: Uint8Array, tables: Map<number, Int32Array>): boolean {
  for (let at = 0; at < segment.length; at += 65) {
    const name = segment[at]!;
    if (name > 3 || at + 65 > segment.length) return false; // Names above 3 have 16 bits.
    const table = new Int32Array(64);
    for (let i = 0; i < 64; i++) table[ZIGZAG[i]!] = segment[at + 1 + i]!;
    tables.set(name, table);
  }
  return true;
}

/** By class and number: 0x00 to 0x03 for DC, 0x10 to 0x13 for AC. */
function readHuffman(segment: Uint8Array, tables: Map<number, HuffmanTable>): boolean {
  for (let at = 0; at < segment.length; ) {
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = segment.subarray(at + 17, at + 17 + total);
    const table = symbols.length === total && total <= 256 ? buildHuffman(counts, symbols) : null;
    if (table === null) return false;
    tables.set(segment[at]!, table);
    at += 17 + total;
  }
  return true;
}

function readFrame(
  frame: Uint8Array,
  scan: Uint8Array,
  tables: { quantization: Map<number, Int32Array>; huffman: Map<number, HuffmanTable> },
): Pick<JpegHeader, 'width' | 'height' | 'components'> | null {
  // 8 bits a sample; three components numbered 1, 2, 3, all in one scan of all coefficients.
  if (frame[0] !== 8 || frame[5] !== 3 || frame.length !== 15) return null;
  if (scan[0] !== 3 || scan.length !== 10 || scan[7] !== 0 || scan[8] !== 63 || scan[9] !== 0) return null;
  const components: JpegComponent[] = [];
  for (let i = 0; i < 3; i++) {
    const [id = 0, sampling = 0, table = 0] = frame.subarray(6 + 3 * i, 9 + 3 * i);
    const coding = scan[2 + 2 * i]!;
    const quantization = tables.quantization.get(table);
    const dc = tables.huffman.get(coding >> 4);
    const ac = tables.huffman.get(0x10 | (coding & 15));
    if (id !== i + 1 || scan[1 + 2 * i] !== id || !quantization || !dc || !ac) return null;
    components.push({ id, across: sampling >> 4, down: sampling & 15, quantization, dc, ac });
  }
  return { height: (frame[1]! << 8) | frame[2]!, width: (frame[3]! << 8) | frame[4]!, components };
}
