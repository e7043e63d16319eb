import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from '../../../electron/engine/train/index.ts';

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
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(unreadable(/^The checkpoint is cut short/));
    expect(() => decodeCheckpoint(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(unreadable(/was altered/));
  });

  test('notices any altered byte', () => {
    for (let at = 0; at < bytesOf(1).length; at += 7) {
      const bytes = bytesOf(1);
      bytes[at]! ^= 0x10;
      expect(() => decodeCheckpoint(bytes)).toThrow(unreadable(/altered|not a checkpoint|of version/));
    }
  });

  test('names the version of a newer one', () => {
    const bytes = bytesOf(1);
    bytes.writeUInt32LE(2, 8);
    expect(() => decodeCheckpoint(bytes, '/a/file')).toThrow(unreadable(/^\/a\/file is of version 2, newer than 1/));
  });
});

describe('the files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decant-checkpoint-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const epochOf = async () => (await loadCheckpoint(folder))?.checkpoint.data.epoch;

  test('keep the last two and give the newest', async () => {
    expect(await loadCheckpoint(folder)).toBeNull();
    expect(await loadCheckpoint(join(folder, 'nowhere'))).toBeNull();
    for (const epoch of [1, 2, 3]) await saveCheckpoint(folder, checkpoint(epoch));
    expect((await readdir(folder)).sort()).toEqual(['checkpoint-00000002.decant', 'checkpoint-00000003.decant']);
    expect(await loadCheckpoint(folder)).toMatchObject({ checkpoint: checkpoint(3), rejected: [] });
  });

  test('tell the hash of what was written', async () => {
    const written = await saveCheckpoint(folder, checkpoint(1));
    const hash = createHash('sha256')
      .update(await readFile(written.path))
      .digest('hex');
    expect(written.sha256).toBe(hash);
  });

  test('fall back to the older one, and say why', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    const newest = await saveCheckpoint(folder, checkpoint(2));
    await truncate(newest.path, newest.sizeBytes - 10);
    const loaded = await loadCheckpoint(folder);
    expect(loaded?.checkpoint.data.epoch).toBe(1);
    expect(loaded?.rejected).toEqual([unreadable(/checkpoint-00000002\.decant is cut short/)]);
    // The next one is again newer than the damaged one.
    await saveCheckpoint(folder, checkpoint(3));
    expect(await epochOf()).toBe(3);
  });

  test('refuse when none is whole', async () => {
    const { path } = await saveCheckpoint(folder, checkpoint(1));
    await writeFile(path, 'text');
    await expect(loadCheckpoint(folder)).rejects.toThrow(unreadable(/checkpoint-00000001\.decant is cut short/));
  });

  test('remove what a killed writer left', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    await writeFile(join(folder, '.checkpoint-00000002.decant.0123456789ab.tmp'), 'half');
    expect(await epochOf()).toBe(1);
    expect(await readdir(folder)).toEqual(['checkpoint-00000001.decant']);
  });
});
