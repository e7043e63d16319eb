import { describe, expect, it } from 'vitest';
import { sortRows } from '../../../renderer/ui/column.ts';
import { parseNumber } from '../../../renderer/ui/parse-number.ts';
import { describeShortcut, matchesShortcut } from '../../../renderer/ui/shortcut.ts';

const NOTHING = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

describe('shortcuts', () => {
  it('Mod is Ctrl, and on a Mac ⌘', () => {
    const control = { ...NOTHING, key: 'k', ctrlKey: true };
    const command = { ...NOTHING, key: 'k', metaKey: true };
    expect(matchesShortcut(control, 'Mod+K', false)).toBe(true);
    expect(matchesShortcut(control, 'Mod+K', true)).toBe(false);
    expect(matchesShortcut(command, 'Mod+K', true)).toBe(true);
    expect(describeShortcut('Mod+Shift+E', false)).toBe('Ctrl+Shift+E');
    expect(describeShortcut('Mod+Shift+E', true)).toBe('⇧⌘E');
    expect(describeShortcut('Alt+ArrowLeft', false)).toBe('Alt+←');
  });

  it('more or fewer keys are another shortcut; a sign may need Shift', () => {
    expect(matchesShortcut({ ...NOTHING, key: 'E', ctrlKey: true, shiftKey: true }, 'Mod+E', false)).toBe(false);
    expect(matchesShortcut({ ...NOTHING, key: 'E', ctrlKey: true, shiftKey: true }, 'Mod+Shift+E', false)).toBe(true);
    expect(matchesShortcut({ ...NOTHING, key: '?', shiftKey: true }, '?', false)).toBe(true);
    expect(matchesShortcut({ ...NOTHING, key: '?' }, '?', false)).toBe(true);
    expect(matchesShortcut({ ...NOTHING, key: '1', ctrlKey: true, metaKey: true }, 'Mod+1', false)).toBe(false);
  });
});

it.each([
  ['0.6', 0.6],
  ['0,6', 0.6],
  ['1 000', 1000],
  ['1\u2009000', 1000],
  ['\u22122', -2],
  ['1e-4', 1e-4],
  ['60 %', 0.6],
  ['.5', 0.5],
  ['', null],
  ['1.2.3', null],
  ['0x10', null],
  ['Infinity', null],
  ['1e999', null],
  ['12px', null],
])('“%s” is read as %s', (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

describe('sortRows', () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 1 }];
  const column = { key: 'n', title: 'n', sortBy: (row: { n: number | null }) => row.n };

  it('sorts numbers as numbers, with what is missing last both ways', () => {
    expect(sortRows(rows, column, false).map(({ n }) => n)).toEqual([1, 2, 10, null]);
    expect(sortRows(rows, column, true).map(({ n }) => n)).toEqual([10, 2, 1, null]);
  });

  it('sorts texts with numbers in them as people do, and keeps the order of equals', () => {
    const texts = [{ t: 'run 10' }, { t: 'run 2' }];
    expect(sortRows(texts, { key: 't', title: 't', text: ({ t }) => t }, false).map(({ t }) => t)).toEqual([
      'run 2',
      'run 10',
    ]);
    expect(sortRows(rows, undefined, true)).toEqual(rows);
  });
});
