import { cleanText } from './clean.ts';
export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/**
 * A table in plain text: columns as wide as their widest cell, two spaces between them. Characters that would move a
 * terminal's cursor or its colours are shown as `�`.
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(cleanText));
  const widths = columns.map((column, i) =>
    Math.max(...[[column.title], ...clean.map((row) => [row[i] ?? ''])].map(([cell]) => measureText(cell!))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => pad(cells[i] ?? '', widths[i]!, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  const head = columns.some(({ title }) => title !== '') ? [line(columns.map(({ title }) => title))] : [];
  return [...head, ...clean.map(line)].join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - measureText(text)));
  return align === 'left' ? text + space : space + text;
}

/** Columns that a terminal gives a text: wide East Asian characters and emoji take two, combining marks none. */
export function measureText(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
