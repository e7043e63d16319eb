import { expect, it } from 'vitest';
import { drawQr, writeQr } from '../../electron/phone/qr.ts';

const URL = 'http://192.168.1.7:50123/t/abcdefghijklmnopqrstuvwxyz012345';

it('draws a square with finder patterns in three corners and a border of four', () => {
  const rows = drawQr(URL);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([rows.length]));
  const border = '0'.repeat(rows.length);
  expect(rows.slice(0, 4)).toEqual([border, border, border, border]);
  const finder = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111'];
  const at = (x: number, y: number) => rows.slice(y, y + 7).map((row) => row.slice(x, x + 7));
  expect(at(4, 4)).toEqual(finder);
  expect(at(rows.length - 11, 4)).toEqual(finder);
  expect(at(4, rows.length - 11)).toEqual(finder);
});

it('writes it with half blocks', () => {
  expect(writeQr(URL)).toMatch(/^[ ▀▄█\n]+$/);
});
