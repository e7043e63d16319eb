/** Side of the gray picture that a look is taken of, and of the block of its lowest frequencies. */
const SIDE = 32;
const FREQUENCIES = 8;
/** Fields a side whose mean colours are compared. */
const FIELDS = 4;
const COLORS = FIELDS * FIELDS * 3;
/** Of its gray values: pictures with less have no look, because noise alone would decide it. */
const LEAST_DEVIATION = 6;
/** Bits of two hashes that may differ: of 64, so each has one of eight bytes in common with any that differs in fewer than eight. */
const MOST_BITS = 6;
/** Steps of 255 that the mean colours of a field may differ. */
const MOST_COLOR = 10;

/**
 * What a picture looks like, coarsely: the signs of its lowest frequencies (a perceptual hash, after Zauner 2010) and the mean
 * colours of its 16 fields. It stays nearly the same where a picture is scaled or compressed once more. Null of a plain one.
 */
export interface Look {
  /** 64 bits. */
  readonly hash: readonly [number, number];
  /** `[4, 4, 3]`. */
  readonly colors: Uint8Array;
}

/** @param pixels `[size, size, 3]` bytes of red, green, blue */
export function describeLook(pixels: Uint8Array, size: number): Look | null {
  const small = shrink(pixels, size);
  const gray = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < gray.length; i++)
    gray[i] = 0.299 * small[3 * i]! + 0.587 * small[3 * i + 1]! + 0.114 * small[3 * i + 2]!;
  const mean = gray.reduce((sum, value) => sum + value, 0) / gray.length;
  const deviation = Math.sqrt(gray.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gray.length);
  if (deviation < LEAST_DEVIATION) return null;
  const block = lowFrequencies(gray);
  const median = block.slice(1).sort()[Math.floor(block.length / 2)]!;
  const hash: [number, number] = [0, 0];
  for (const [i, value] of block.entries()) if (value > median) hash[i >> 5]! |= 1 << (i & 31);
  return { hash: [hash[0] >>> 0, hash[1] >>> 0], colors: averageFields(small) };
}

/** A picture at 32 x 32, `[32, 32, 3]`: of each part the mean of four pixels at most, which is enough for what is coarse. */
function shrink(pixels: Uint8Array, size: number): Float64Array {
  const places = Array.from({ length: SIDE }, (_, part) => {
    const from = Math.min(size - 1, Math.floor((part * size) / SIDE));
    const length = Math.max(1, Math.floor(((part + 1) * size) / SIDE) - from);
    return length === 1 ? [from] : [from + Math.floor(length / 4), from + Math.floor((3 * length) / 4)];
  });
  const small = new Float64Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [rows, columns] = [places[y]!, places[x]!];
      const share = 1 / (rows.length * columns.length);
      for (const row of rows)
        for (const column of columns)
          for (let c = 0; c < 3; c++) small[3 * (y * SIDE + x) + c]! += share * pixels[3 * (row * size + column) + c]!;
    }
  return small;
}

/** Mean colours of the fields of a picture at 32 x 32. */
function averageFields(small: Float64Array): Uint8Array {
  const side = SIDE / FIELDS;
  const sums = new Float64Array(COLORS);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const field = Math.floor(y / side) * FIELDS + Math.floor(x / side);
      for (let c = 0; c < 3; c++) sums[3 * field + c]! += small[3 * (y * SIDE + x) + c]! / (side * side);
    }
  return Uint8Array.from(sums, Math.round);
}

const COSINES = Float64Array.from({ length: FREQUENCIES * SIDE }, (_, i) =>
  Math.cos(((2 * (i % SIDE) + 1) * Math.floor(i / SIDE) * Math.PI) / (2 * SIDE)),
);

/** The block of lowest frequencies of the cosine transform, `[8, 8]`; the first is the mean. */
function lowFrequencies(gray: Float64Array): Float64Array {
  const rows = new Float64Array(SIDE * FREQUENCIES);
  for (let row = 0; row < SIDE; row++)
    for (let u = 0; u < FREQUENCIES; u++)
      for (let x = 0; x < SIDE; x++) rows[row * FREQUENCIES + u]! += gray[row * SIDE + x]! * COSINES[u * SIDE + x]!;
  const block = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let v = 0; v < FREQUENCIES; v++)
    for (let u = 0; u < FREQUENCIES; u++)
      for (let y = 0; y < SIDE; y++) block[v * FREQUENCIES + u]! += rows[y * FREQUENCIES + u]! * COSINES[v * SIDE + y]!;
  return block;
}

/** The looks of images by index, 57 bytes each. */
export class Looks {
  readonly #known: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #colors: Uint8Array;

  constructor(count: number) {
    this.#known = new Uint8Array(count);
    this.#hashes = new Uint32Array(2 * count);
    this.#colors = new Uint8Array(COLORS * count);
  }

  set(index: number, look: Look | null): void {
    this.#known[index] = look === null ? 0 : 1;
    this.#hashes.set(look?.hash ?? [0, 0], 2 * index);
    if (look) this.#colors.set(look.colors, COLORS * index);
  }

  /** Visits every pair of one image of `some` and one of `others` that look the same. */
  *pairs(some: Iterable<number>, others: Iterable<number>): Generator<[number, number]> {
    const known = (index: number) => this.#known[index] === 1;
    const shelves = Array.from({ length: 8 * 256 }, (): number[] => []);
    for (const index of some)
      if (known(index)) for (let place = 0; place < 8; place++) shelves[this.#shelf(index, place)]!.push(index);
    for (const other of others) {
      if (!known(other)) continue;
      const met = new Set<number>();
      for (let place = 0; place < 8; place++)
        for (const index of shelves[this.#shelf(other, place)]!)
          if (this.#countBits(index, other) <= MOST_BITS && !met.has(index) && this.#colorsMatch(index, other)) {
            met.add(index);
            yield [index, other];
          }
    }
  }

  /** Where an image stands by one of the eight bytes of its hash. */
  #shelf(index: number, place: number): number {
    return 256 * place + ((this.#hashes[2 * index + (place >> 2)]! >>> (8 * (place & 3))) & 255);
  }

  #countBits(a: number, b: number): number {
    const hashes = this.#hashes;
    return popCount(hashes[2 * a]! ^ hashes[2 * b]!) + popCount(hashes[2 * a + 1]! ^ hashes[2 * b + 1]!);
  }

  #colorsMatch(a: number, b: number): boolean {
    const colors = this.#colors;
    for (let i = 0; i < COLORS; i++)
      if (Math.abs(colors[COLORS * a + i]! - colors[COLORS * b + i]!) > MOST_COLOR) return false;
    return true;
  }
}

function popCount(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return (((left + (left >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
