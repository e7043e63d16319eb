import { expect, it } from 'vitest';
import { cleanText } from '../../../shared/text/clean.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatPlural,
  formatPoints,
  formatShare,
  formatSignedShare,
} from '../../../shared/text/format.ts';
import { editDistance, suggestName } from '../../../shared/text/suggest-name.ts';
import { formatTable, measureText } from '../../../shared/text/table.ts';

/** Thin spaces written as plain ones, for reading. */
const plain = (text: string): string => text.replaceAll('\u2009', ' ');

it.each<[number, string]>([
  [0, '0'],
  [0.12345, '0.123'],
  [12.3456, '12.35'],
  [338, '338'],
  [1234.5, '1 235'],
  [50000, '50 000'],
  [1234567, '1 234 567'],
  [-0.5, '−0.5'],
  [-0.00001, '0'],
  [9.99999, '10'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('formatNumber(%d) is %s', (value, text) => expect(plain(formatNumber(value))).toBe(text));

it.each<[number, string]>([
  [300_774_272, '300.8 M'],
  [3_504_872, '3.505 M'],
  [56_500_000, '56.5 M'],
  [1_500_000_000, '1.5 G'],
  [12_345, '12.35 k'],
  [9_999, '9 999'],
])('formatCount(%d) is %s', (value, text) => expect(plain(formatCount(value))).toBe(text));

it('formats sizes, times and shares with their units', () => {
  expect([0, 999, 8_900_000, 2_000_000_000].map(formatBytes).map(plain)).toEqual(['0 B', '999 B', '8.9 MB', '2.0 GB']);
  expect([0.842, 12.34].map(formatMilliseconds).map(plain)).toEqual(['0.84 ms', '12.3 ms']);
  expect([0, 1500, 59_400, 631_100, 7_260_000].map(formatDuration)).toEqual([
    '0.0 s',
    '1.5 s',
    '59 s',
    '10 min 31 s',
    '2 h 1 min',
  ]);
  expect([0.9861, 1, null].map(formatShare).map(plain)).toEqual(['98.6 %', '100.0 %', '–']);
  expect([0.412, -0.412, 0, -0.0001].map(formatSignedShare).map(plain)).toEqual([
    '+41.2 %',
    '−41.2 %',
    '±0.0 %',
    '±0.0 %',
  ]);
  expect([0.013, -0.013, 0].map(formatPoints)).toEqual(['+1.3 points', '−1.3 points', '±0.0 points']);
  expect([formatPlural(1, 'class', 'classes'), formatPlural(2, 'class', 'classes')]).toEqual(['1 class', '2 classes']);
});

it('tables align by what a terminal shows', () => {
  const table = formatTable(
    [{ title: 'Name' }, { title: 'n', align: 'right' }],
    [
      ['花', '1'],
      ['café', '20'],
      ['a\u001b[31mb\nc', '3'],
    ],
  );
  expect(table.split('\n')).toEqual(['Name        n', '花          1', 'café       20', 'a\ufffd[31mb\ufffdc   3']);
  expect([measureText('花a'), measureText('e\u0301'), measureText('🌹')]).toEqual([3, 1, 2]);
  expect(cleanText('a\u202eb\r')).toBe('a\ufffdb\ufffd');
});

it('suggests the name that was meant, and none that is far', () => {
  const known = ['prune.macs', 'prune.importance', 'train.batch'];
  expect(suggestName('prune.mcas', known)).toBe('prune.macs');
  expect(suggestName('PRUNE.IMPORTENCE', known)).toBe('prune.importance');
  expect(suggestName('zzz', known)).toBeNull();
  expect(suggestName('x', [])).toBeNull();
  // Published examples: kitten → sitting 3 (Levenshtein); a swap of neighbours counts once.
  expect([
    editDistance('kitten', 'sitting'),
    editDistance('ab', 'ba'),
    editDistance('', 'abc'),
    editDistance('same', 'same'),
  ]).toEqual([3, 1, 3, 0]);
});
