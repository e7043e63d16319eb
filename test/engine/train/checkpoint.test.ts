import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../../electron/engine/train/index.ts';
import { CHECKPOINT_FORM } from '../../../shared/stored/checkpoint-form.ts';
import { defineForm, type JsonObject } from '../../../shared/stored/form.ts';

const checkpoint = (epoch: number): Checkpoint => ({
  data: { stage: 'prüfen 🌼', epoch, recipe: { seed: 1, nested: [null, true, 0.1] } },
  tensors: {
    weights: new Map([
      ['b/weight', { shape: [2, 1], values: Float32Array.of(1e-42, -0) }],
      ['a/bias', { shape: [3], values: Float32Array.of(Math.PI, Number.MAX_VALUE, 7) }],
    ]),
    empty: new Map(),
    scalars: new Map([['s', { shape: [], values: Float32Array.of(0.1) }]]),
  },
});
const bytesOf = (epoch: number) => Buffer.concat(encodeCheckpoint(checkpoint(epoch)));
const unreadable = (message: RegExp) =>
  expect.objectContaining({ code: 'checkpoint.unreadable', message: expect.stringMatching(message) });

describe('an older version', () => {
  const upgraded = (upgrade: (json: JsonObject) => JsonObject) =>
    decodeCheckpoint(
      bytesOf(3),
      'it',
      defineForm({ ...CHECKPOINT_FORM, upgrades: [...CHECKPOINT_FORM.upgrades, upgrade] }),
    );

  test('is brought up to date: tensors are renamed, moved, left out, and keep their numbers', () => {
    const read = upgraded(({ data, tensors }) => {
      const { weights, scalars } = tensors as { [set: string]: { name: string; shape: number[]; place: number }[] };
      const [first, second] = weights!;
      return {
        data: { ...(data as object), step: 5 },
        tensors: { network: [{ ...second, name: 'bias' }], other: [scalars![0], { ...first, shape: [1, 2] }] },
      };
    });
    const { weights, scalars } = checkpoint(3).tensors;
    expect(read).toEqual({
      data: { ...checkpoint(3).data, step: 5 },
      tensors: {
        network: new Map([['bias', weights!.get('a/bias')!]]),
        other: new Map([
          ['s', scalars!.get('s')!],
          ['b/weight', { shape: [1, 2], values: weights!.get('b/weight')!.values }],
        ]),
      },
    });
  });

  test.each([
    ['other than a checkpoint', () => ({ data: 1 })],
    ['nothing, because it fails', () => JSON.parse('')],
  ])('that becomes %s is not used', (_, upgrade) => {
    expect(() => upgraded(upgrade)).toThrow(unreadable(/cannot be upgraded/));
  });
});

describe('the format', () => {
  test('gives back every bit, in order', () => {
    const read = decodeCheckpoint(bytesOf(3));
    expect(read).toEqual(checkpoint(3));
    expect([...read.tensors.weights!.keys()]).toEqual(['b/weight', 'a/bias']);
    expect(Object.is(read.tensors.weights!.get('b/weight')!.values[1], -0)).toBe(true);
  });

  test('reads from the middle of a larger buffer', () => {
    const bytes = bytesOf(3);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(decodeCheckpoint(shifted)).toEqual(checkpoint(3));
  });

  test('ends in the SHA-256 of the rest', () => {
    const bytes = bytesOf(3);
    const hash = createHash('sha256').update(bytes.subarray(0, -32)).digest();
    expect(bytes.subarray(-32)).toEqual(hash);
  });

  test('refuses every length but its own', () => {
    const bytes = bytesOf(1);
    for (let length = 0; length < bytes.length; length += 5)
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(unreadable(/^The checkpoint is truncated/));
    expect(() => decodeCheckpoint(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(unreadable(/was altered/));
  });

  test('notices any altered byte', () => {
    for (let at = 0; at < bytesOf(1).length; at += 7) {
      const bytes = bytesOf(1);
      bytes[at]! ^= 0x10;
      expect(() => decodeCheckpoint(bytes)).toThrow(unreadable(/altered|not a Decant checkpoint|of version/));
    }
  });

  test('names the version of a newer one', () => {
    const bytes = bytesOf(1);
    bytes.writeUInt32LE(99, 8);
    expect(() => decodeCheckpoint(bytes, '/a/file')).toThrow(
      expect.objectContaining({
        code: 'store.newer',
        message: expect.stringMatching(
          /^\/a\/file was made by a newer version .*checkpoint version 99; this one reads up to \d+/,
        ),
      }),
    );
  });
});
