import { describe, expect, it } from 'vitest';
import { DecantError } from '../../../electron/engine/core/errors.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { readSafetensors, writeSafetensors } from '../../../electron/engine/model/index.ts';

/** A file with any header and any data. */
function makeFile(header: unknown, data: Uint8Array = new Uint8Array(), length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

function bytesOf(values: Float32Array | Uint16Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

function readError(file: Uint8Array): DecantError {
  try {
    readSafetensors(file);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('The file was accepted.');
}

const SAMPLE = new Map([
  ['stem/conv/weight', { shape: [1, 1, 3, 2], values: Float32Array.of(1, -2, 3.5, 4, 5e-8, 6e30) }],
  ['ünïcode "name"', { shape: [2], values: Float32Array.of(7, 8) }],
  ['scalar', { shape: [], values: Float32Array.of(9) }],
  ['empty', { shape: [0, 4], values: new Float32Array() }],
]);

describe('safetensors', () => {
  it('reads what it wrote', () => {
    const file = writeSafetensors(SAMPLE, { format: 'decant', note: 'ä' });
    const read = readSafetensors(file);
    expect(read.tensors).toEqual(SAMPLE);
    expect(read.metadata).toEqual({ format: 'decant', note: 'ä' });
    expect(new DataView(file.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  it('reads from a view into larger memory, at any alignment', () => {
    const file = writeSafetensors(SAMPLE);
    for (const shift of [1, 3, 8]) {
      const memory = new Uint8Array(file.length + 32).fill(0xff);
      memory.set(file, shift);
      expect(readSafetensors(memory.subarray(shift, shift + file.length)).tensors).toEqual(SAMPLE);
    }
  });

  it('gives copies', () => {
    const file = writeSafetensors(SAMPLE);
    const { tensors } = readSafetensors(file);
    file.fill(0);
    expect(tensors).toEqual(SAMPLE);
  });

  it('widens F16, BF16 and F64, and skips counters', () => {
    // Bit patterns from IEEE 754: 1, -2, 65504 (largest half), 2^-24 (smallest), 1/3 rounded, infinity.
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x7c00);
    const brain = Uint16Array.of(0x3f80, 0xc000, 0x4049);
    const double = Float64Array.of(0.1, -1e-3);
    const data = new Uint8Array([...bytesOf(half), ...bytesOf(brain), ...bytesOf(double), ...new Uint8Array(8)]);
    const { tensors, skipped } = readSafetensors(
      makeFile(
        {
          half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
          brain: { dtype: 'BF16', shape: [3], data_offsets: [12, 18] },
          double: { dtype: 'F64', shape: [2], data_offsets: [18, 34] },
          counter: { dtype: 'I64', shape: [], data_offsets: [34, 42] },
        },
        data,
      ),
    );
    expect([...tensors.get('half')!.values]).toEqual([1, -2, 65504, 2 ** -24, 1365 / 4096, Number.POSITIVE_INFINITY]);
    expect([...tensors.get('brain')!.values]).toEqual([1, -2, 3.140625]);
    expect([...tensors.get('double')!.values]).toEqual([Math.fround(0.1), Math.fround(-1e-3)]);
    expect(skipped).toEqual(['counter']);
  });

  it('refuses a file cut at any byte', () => {
    const file = writeSafetensors(SAMPLE, { format: 'decant' });
    for (let length = 0; length < file.length; length++) {
      expect(readError(file.subarray(0, length)).code, `cut at ${length}`).toBe('weights.unreadable');
    }
  });

  it('never fails otherwise than by name when bytes are altered', () => {
    const random = new Random('fuzz');
    const file = writeSafetensors(SAMPLE, { format: 'decant' });
    for (let round = 0; round < 3000; round++) {
      const altered = file.slice();
      for (let i = 0; i <= random.integer(3); i++) altered[random.integer(150)] = random.integer(256);
      try {
        readSafetensors(altered);
      } catch (error) {
        expect(error).toBeInstanceOf(DecantError);
      }
    }
  });

  const four = new Uint8Array(4);
  it.each<[string, Uint8Array, RegExp]>([
    ['a header longer than any', makeFile('{}', four, 2n ** 60n), /announces a header of 1152921504606846976 bytes/],
    ['a header longer than the file', makeFile('{}', four, 7n), /announces a header of 7 bytes but has 14/],
    ['no JSON', makeFile('{"a":'), /not JSON/],
    ['nesting without end', makeFile('['.repeat(200_000)), /not JSON/],
    ['bytes that are not UTF-8', makeFile('{"a": 1}').with(10, 0xff), /not JSON/],
    ['a list as header', makeFile([]), /not a JSON object/],
    ['metadata that are no text', makeFile({ __metadata__: { a: 1 } }), /metadata "a"/],
    ['metadata that are no object', makeFile({ __metadata__: 3 }), /metadata/],
    ['a tensor that is no object', makeFile({ a: 3 }), /Tensor "a".*not described/],
    ['an unknown type', makeFile({ a: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } }, four), /Tensor "a".*"Q4"/],
    [
      'a type of the prototype',
      makeFile({ a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, four),
      /unknown type/,
    ],
    [
      'a negative length',
      makeFile({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, four),
      /Tensor "a".*shape/,
    ],
    ['half a length', makeFile({ a: { dtype: 'F32', shape: [0.5], data_offsets: [0, 2] } }, four), /Tensor "a".*shape/],
    [
      'a rank of thousands',
      makeFile({ a: { dtype: 'F32', shape: Array(5000).fill(1), data_offsets: [0, 4] } }, four),
      /shape/,
    ],
    [
      'a shape beyond all numbers',
      makeFile({ a: { dtype: 'F32', shape: [1e15, 1e15], data_offsets: [0, 4] } }, four),
      /Tensor "a"/,
    ],
    ['one offset', makeFile({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, four), /Tensor "a".*offsets/],
    ['offsets in reverse', makeFile({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, four), /from 4 to 0/],
    [
      'a shape that does not fit',
      makeFile({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, four),
      /\[2\] of F32, 8 bytes/,
    ],
    ['an end beyond the file', makeFile({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, four), /truncated/],
    [
      'an overlap',
      makeFile(
        {
          a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] },
        },
        new Uint8Array(6),
      ),
      /Tensor "b".*overlaps/,
    ],
    [
      'a gap',
      makeFile({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)),
      /Tensor "a".*gap/,
    ],
    [
      'bytes at the end',
      makeFile({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(9)),
      /5 bytes after/,
    ],
  ])('refuses %s', (_, file, message) => {
    const error = readError(file);
    expect(error.code).toBe('weights.unreadable');
    expect(error.message).toMatch(message);
  });
});
