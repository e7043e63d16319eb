/** Turns the little-endian bytes of one tensor into float32. */
export type Decoder = (bytes: ArrayBuffer) => Float32Array;

/** Bytes per number of every type that a safetensors file may have. */
export const WIDTHS: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/** The types that weights come in. Typed arrays read little-endian on every platform that Decant runs on. */
export const DECODERS: Readonly<Record<string, Decoder>> = {
  F64: (bytes) => Float32Array.from(new Float64Array(bytes)),
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => Float32Array.from(new Uint16Array(bytes), decodeHalf),
  BF16: (bytes) => {
    // A bfloat16 is the upper half of a float32.
    const widened = Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16);
    return new Float32Array(widened.buffer);
  },
};

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
