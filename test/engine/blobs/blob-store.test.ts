import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from '../../../electron/engine/blobs/index.ts';
import { canMount, mountSmallDisk, unmount } from '../../helpers/small-disk.ts';

let folder: string;
let blobs: BlobStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-blobs-'));
  blobs = new BlobStore(join(folder, 'shared'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');

/** All files of the store, by their path in it. */
function listFiles(): string[] {
  const entries = readdirSync(blobs.folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('a blob', () => {
  it('is found by the SHA-256 of its bytes, and lies there once however often it is put', async () => {
    expect(await blobs.put('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    await Promise.all(Array.from({ length: 8 }, () => blobs.put(Buffer.from('abc'))));
    expect(await blobs.get(hashOf('abc'))).toEqual(Buffer.from('abc'));
    expect(listFiles()).toEqual([hashOf('abc')]);
  });

  it('is put from a file and copied to one', async () => {
    const content = 'x'.repeat(3 * 2 ** 20);
    await writeFile(join(folder, 'source'), content);
    const sha256 = await blobs.putFile(join(folder, 'source'));
    expect(sha256).toBe(hashOf(content));
    await blobs.copyTo(sha256, join(folder, 'deep', 'copy'));
    expect(await readFile(join(folder, 'deep', 'copy'), 'utf8')).toBe(content);
    await expect(blobs.putFile(join(folder, 'not there'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that is missing is named', async () => {
    await expect(blobs.get(hashOf('a'))).rejects.toMatchObject({ code: 'blob.missing' });
    await expect(blobs.copyTo(hashOf('a'), join(folder, 'a'))).rejects.toMatchObject({ code: 'blob.missing' });
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });

  it('that was altered is never handed out, and is repaired when it is put again', async () => {
    const sha256 = await blobs.put('whole');
    for (const damage of ['wrong', '', 'whole and more']) {
      await writeFile(blobs.pathOf(sha256), damage);
      await expect(blobs.get(sha256)).rejects.toMatchObject({ code: 'blob.damaged' });
      await expect(blobs.copyTo(sha256, join(folder, 'copy'))).rejects.toMatchObject({ code: 'blob.damaged' });
      expect(readdirSync(folder)).toEqual(['shared']);
      await blobs.put('whole');
      expect(await blobs.get(sha256)).toEqual(Buffer.from('whole'));
    }
    await truncate(blobs.pathOf(sha256), 2);
    await writeFile(join(folder, 'file'), 'whole');
    await blobs.putFile(join(folder, 'file'));
    expect(await blobs.get(sha256)).toEqual(Buffer.from('whole'));
  });

  it('has no path but by a hash', async () => {
    for (const name of ['', '..', '../../etc/passwd', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}/x`]) {
      expect(() => blobs.pathOf(name)).toThrow(TypeError);
      await expect(blobs.resolve(name)).rejects.toThrow(TypeError);
    }
  });
});

describe('a name', () => {
  const name = hashOf('a question');

  it('points to the first blob that it was given to', async () => {
    const [first, second] = [await blobs.put('first'), await blobs.put('second')];
    expect(await blobs.resolve(name)).toBeNull();
    expect(await blobs.name(name, first)).toBe(first);
    expect(await blobs.name(name, second)).toBe(first);
    expect(await blobs.resolve(name)).toBe(first);
    await blobs.forget(name);
    expect(await blobs.name(name, second)).toBe(second);
  });

  it('is given once where many ask at the same time', async () => {
    const hashes = await Promise.all(Array.from({ length: 16 }, (_, i) => blobs.put(`answer ${i}`)));
    const given = await Promise.all(hashes.map((hash) => blobs.name(name, hash)));
    expect(new Set(given).size).toBe(1);
    expect(given[0]).toBe(await blobs.resolve(name));
  });

  it('whose blob is gone, or whose file is damaged, points to nothing and can be given anew', async () => {
    const [first, second] = [await blobs.put('first'), await blobs.put('second')];
    await blobs.name(name, first);
    await rm(blobs.pathOf(first));
    expect(await blobs.resolve(name)).toBeNull();
    expect(await blobs.name(name, second)).toBe(second);
    const file = join(blobs.folder, 'names', name.slice(0, 2), name);
    await writeFile(file, second.slice(0, 20));
    expect(await blobs.resolve(name)).toBeNull();
    expect(await blobs.name(name, second)).toBe(second);
    expect(readdirSync(dirname(file))).toEqual([name]);
  });
});

describe.skipIf(!canMount())('a full disk (needs to mount one, as root)', () => {
  it('leaves no part of a blob or of a name, and what was there', async () => {
    mountSmallDisk(blobs.folder);
    try {
      const [kept, large] = [await blobs.put('kept'), Buffer.alloc(2 ** 20, 'x')];
      await writeFile(join(folder, 'large'), large);
      await expect(blobs.put(large)).rejects.toMatchObject({ code: 'disk.full' });
      await expect(blobs.putFile(join(folder, 'large'))).rejects.toMatchObject({ code: 'disk.full' });
      expect(listFiles()).toEqual([kept]);
      expect(await blobs.get(kept)).toEqual(Buffer.from('kept'));

      const elsewhere = new BlobStore(join(folder, 'elsewhere'));
      const sha256 = await elsewhere.put(large);
      await expect(elsewhere.copyTo(sha256, join(blobs.folder, 'copy'))).rejects.toMatchObject({ code: 'disk.full' });
      await writeFile(join(blobs.folder, 'filler'), Buffer.alloc(2 ** 20)).catch(() => undefined);
      const name = hashOf('a question');
      await expect(blobs.name(name, kept)).rejects.toMatchObject({ code: 'disk.full' });
      expect(await blobs.resolve(name)).toBeNull();

      // With space again, what failed goes on.
      await rm(join(blobs.folder, 'filler'));
      expect(await blobs.name(name, kept)).toBe(kept);
      expect(listFiles().sort()).toEqual([kept, name].sort());
    } finally {
      unmount(blobs.folder);
    }
  });
});

it('what a killed process left is removed after a day, what is being written stays', async () => {
  await blobs.put('kept');
  const place = join(blobs.folder, 'blobs', 'ab');
  await mkdir(place);
  for (const [file, hours] of [
    ['.old.0123456789ab.tmp', 25],
    ['.new.0123456789ab.tmp', 1],
  ] as const) {
    await writeFile(join(place, file), 'part');
    const at = new Date(Date.now() - hours * 3600 * 1000);
    await utimes(join(place, file), at, at);
  }
  await blobs.removeAbandoned({ now: () => Date.now(), elapsedMs: () => 0 });
  expect(listFiles().sort()).toEqual(['.new.0123456789ab.tmp', hashOf('kept')].sort());
});
