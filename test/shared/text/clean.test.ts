import { expect, it } from 'vitest';
import { cleanLines, cleanText, escapeHtml, formatJson } from '../../../shared/text/clean.ts';
import { listSome, shorten, showValue } from '../../../shared/text/shorten.ts';

/** An escape of a terminal in both forms, a bell, text turned round, a line that ends otherwise. */
const HOSTILE = 'a\u001b[2J\u009b31m\u0007\u202eb\u2066\u2028\u061c\r';

it('text of one line has no controls left, of either set, and nothing that turns it round', () => {
  expect(cleanText(`${HOSTILE}\n\t`)).toBe('a�[2J�31m��b������');
  expect(cleanText(`${HOSTILE}\n\t`)).not.toMatch(/[\p{Cc}\u061c\u2028\u202e\u2066]/u);
  expect(cleanText('Grün 花 🌷 ‍')).toBe('Grün 花 🌷 ‍');
});

it('text of many lines keeps these', () => {
  expect(cleanLines('a\n\tb\u001b')).toBe('a\n\tb�');
  expect(cleanLines(HOSTILE)).toBe(cleanText(HOSTILE));
});

it('JSON means the same and moves no terminal', () => {
  const value = { name: HOSTILE, list: ['x\n', 1] };
  expect(JSON.parse(formatJson(value))).toEqual(value);
  expect(formatJson(value)).not.toMatch(/[^\P{Cc}\n]|[\u061c\u2028\u202e\u2066]/u);
  expect(formatJson({ a: 1 })).toBe('{\n  "a": 1\n}');
});

it('HTML is escaped and cleaned', () => {
  expect(escapeHtml(`<a href="x">'&'\u009b\u202e`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;��');
});

it('long text is shown by its ends', () => {
  expect(shorten('short')).toBe('short');
  expect(shorten('a'.repeat(50) + 'b'.repeat(50), 31)).toBe(`${'a'.repeat(20)}…${'b'.repeat(10)}`);
  expect(shorten('🌷'.repeat(50), 30).isWellFormed()).toBe(true);
  expect(listSome(['a', 'b', 'c'], 2)).toBe('a, b …');
  expect(listSome(['x'.repeat(100)])).toHaveLength(40);
});

it('values are shown as JSON, never long, and quickly', () => {
  expect([showValue(undefined), showValue(Number.NaN), showValue('a'), showValue([1])]).toEqual([
    'missing',
    'NaN',
    '"a"',
    '[1]',
  ]);
  expect(showValue({ deep: ['x'.repeat(1e7), Array.from({ length: 1e6 }, () => 1)] })).toHaveLength(60);
});
