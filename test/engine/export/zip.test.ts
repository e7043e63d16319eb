import { expect, test } from 'vitest';
import { writeZip, type ZipEntry } from '../../../electron/engine/export/zip.ts';
import { readZip } from './read-zip.ts';

const text = (name: string, content: string): ZipEntry => ({ name, bytes: new TextEncoder().encode(content) });

test('an archive is read by another program', async () => {
  const entries = [text('labels.txt', 'one\ntwo'), text('ordner/Grün.txt', '🌷'), text('empty', '')];
  expect(await readZip(writeZip(entries))).toEqual({ 'labels.txt': 'one\ntwo', 'ordner/Grün.txt': '🌷', empty: '' });
});

test('an archive appended to another file is found there', async () => {
  const before = new Uint8Array(1000).fill(7);
  const whole = Buffer.concat([before, writeZip([text('a', 'b')], before.length)]);
  expect(await readZip(whole)).toEqual({ a: 'b' });
});

test('equal files give equal bytes', () => {
  expect(writeZip([text('a', 'b')])).toEqual(writeZip([text('a', 'b')]));
});
