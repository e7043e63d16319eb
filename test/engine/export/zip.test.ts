import { expect, test } from 'vitest';
import { readZipEntry, writeZip, type ZipEntry } from '../../../electron/engine/export/zip.ts';
import { readZipTexts } from './read-zip.ts';

const text = (name: string, content: string): ZipEntry => ({ name, bytes: new TextEncoder().encode(content) });

test('an archive is read by another program', async () => {
  const entries = [text('labels.txt', 'one\ntwo'), text('ordner/Grün.txt', '🌷'), text('empty', '')];
  expect(await readZipTexts(writeZip(entries))).toEqual({
    'labels.txt': 'one\ntwo',
    'ordner/Grün.txt': '🌷',
    empty: '',
  });
});

test('an archive appended to another file is found there', async () => {
  const before = new Uint8Array(1000).fill(7);
  const whole = Buffer.concat([before, writeZip([text('a', 'b')], before.length)]);
  expect(await readZipTexts(whole)).toEqual({ a: 'b' });
});

test('equal files give equal bytes', () => {
  expect(writeZip([text('a', 'b')])).toEqual(writeZip([text('a', 'b')]));
});

test('compressed and stored files come back through both readers', async () => {
  const long = 'a long text, '.repeat(1000);
  const archive = writeZip([text('a', 'b'), { ...text('long', long), compress: true }, text('ordner/ü', 'c')]);
  expect(archive.length).toBeLessThan(1000);
  expect(await readZipTexts(archive)).toEqual({ a: 'b', long, 'ordner/ü': 'c' });
  for (const [name, content] of [
    ['a', 'b'],
    ['long', long],
    ['ordner/ü', 'c'],
  ] as const)
    expect(new TextDecoder().decode(readZipEntry(archive, name))).toBe(content);
  expect(readZipEntry(archive, 'none')).toBeUndefined();
});

test('damage is found, never followed', () => {
  const archive = writeZip([{ ...text('long', 'text '.repeat(500)), compress: true }, text('b', 'c')]);
  expect(() => readZipEntry(archive.subarray(0, -1), 'b')).toThrow(/does not end like a zip/);
  expect(() => readZipEntry(archive, 'long', { largest: 100 })).toThrow(/to 2500 bytes/);
  for (let at = 0; at < archive.length; at++) {
    const damaged = Uint8Array.from(archive);
    damaged[at]! ^= 0xff;
    for (const name of ['long', 'b'])
      try {
        const content = readZipEntry(damaged, name);
        if (content) expect(new TextDecoder().decode(content)).toBe(name === 'b' ? 'c' : 'text '.repeat(500));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
  }
});
