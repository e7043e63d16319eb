/**
 * The inverse cosine transform of an 8x8 block in integers, as Loeffler, Ligtenberg and Moschytz (1989) and with the very
 * rounding of the Independent JPEG Group's "slow" method, which other decoders take too: constants have 13 bits, the
 * first pass leaves 2.
 *
 * @param coefficients 64 numbers, dequantized, in the order of rows
 * @param target bytes into which the 8 rows go, `stride` apart, from `offset` on
 */
export function inverseDct(coefficients: Int32Array, target: Uint8Array, offset: number, stride: number): void {
  const work = WORK;
  for (let column = 0; column < 8; column++) {
    const c0 = coefficients[column]!;
    const c1 = coefficients[column + 8]!;
    const c2 = coefficients[column + 16]!;
    const c3 = coefficients[column + 24]!;
    const c4 = coefficients[column + 32]!;
    const c5 = coefficients[column + 40]!;
    const c6 = coefficients[column + 48]!;
    const c7 = coefficients[column + 56]!;
    if ((c1 | c2 | c3 | c4 | c5 | c6 | c7) === 0) {
      const flat = c0 << 2;
      for (let row = 0; row < 64; row += 8) work[row + column] = flat;
      continue;
    }
    const e = (c2 + c6) * 4433;
    const e2 = e - c6 * 15137;
    const e3 = e + c2 * 6270;
    const e0 = (c0 + c4) << 13;
    const e1 = (c0 - c4) << 13;
    const z5 = (c7 + c3 + c5 + c1) * 9633;
    const z1 = (c7 + c1) * -7373;
    const z2 = (c5 + c3) * -20995;
    const z3 = (c7 + c3) * -16069 + z5;
    const z4 = (c5 + c1) * -3196 + z5;
    const o0 = c7 * 2446 + z1 + z3;
    const o1 = c5 * 16819 + z2 + z4;
    const o2 = c3 * 25172 + z2 + z3;
    const o3 = c1 * 12299 + z1 + z4;
    work[column] = (e0 + e3 + o3 + 1024) >> 11;
    work[column + 56] = (e0 + e3 - o3 + 1024) >> 11;
    work[column + 8] = (e1 + e2 + o2 + 1024) >> 11;
    work[column + 48] = (e1 + e2 - o2 + 1024) >> 11;
    work[column + 16] = (e1 - e2 + o1 + 1024) >> 11;
    work[column + 40] = (e1 - e2 - o1 + 1024) >> 11;
    work[column + 24] = (e0 - e3 + o0 + 1024) >> 11;
    work[column + 32] = (e0 - e3 - o0 + 1024) >> 11;
  }
  for (let row = 0; row < 8; row++) {
    const at = row * 8;
    const c0 = work[at]!;
    const c1 = work[at + 1]!;
    const c2 = work[at + 2]!;
    const c3 = work[at + 3]!;
    const c4 = work[at + 4]!;
    const c5 = work[at + 5]!;
    const c6 = work[at + 6]!;
    const c7 = work[at + 7]!;
    const e = (c2 + c6) * 4433;
    const e2 = e - c6 * 15137;
    const e3 = e + c2 * 6270;
    // The samples are centred at 128, and 131072 rounds.
    const e0 = ((c0 + c4) << 13) + CENTRE;
    const e1 = ((c0 - c4) << 13) + CENTRE;
    const z5 = (c7 + c3 + c5 + c1) * 9633;
    const z1 = (c7 + c1) * -7373;
    const z2 = (c5 + c3) * -20995;
    const z3 = (c7 + c3) * -16069 + z5;
    const z4 = (c5 + c1) * -3196 + z5;
    const o0 = c7 * 2446 + z1 + z3;
    const o1 = c5 * 16819 + z2 + z4;
    const o2 = c3 * 25172 + z2 + z3;
    const o3 = c1 * 12299 + z1 + z4;
    const out = offset + row * stride;
    target[out] = clamp((e0 + e3 + o3) >> 18);
    target[out + 7] = clamp((e0 + e3 - o3) >> 18);
    target[out + 1] = clamp((e1 + e2 + o2) >> 18);
    target[out + 6] = clamp((e1 + e2 - o2) >> 18);
    target[out + 2] = clamp((e1 - e2 + o1) >> 18);
    target[out + 5] = clamp((e1 - e2 - o1) >> 18);
    target[out + 3] = clamp((e0 - e3 + o0) >> 18);
    target[out + 4] = clamp((e0 - e3 - o0) >> 18);
  }
}

const WORK = new Int32Array(64);
const CENTRE = 128 * 2 ** 18 + 2 ** 17;

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
