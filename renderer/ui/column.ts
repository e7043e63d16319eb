import type { Snippet } from 'svelte';

/** One column of a Table or VirtualTable. Right-align numbers. */
export interface Column<Row> {
  key: string;
  title: string;
  /** One sentence for the tooltip of the title. */
  help?: string;
  align?: 'left' | 'right';
  /** A CSS length or track: "96px", "minmax(160px, 1fr)". */
  width?: string;
  /** Whether a click on the title sorts by this column. */
  sortable?: boolean;
  /** Text of a cell; use `cell` instead to draw more than text. */
  text?: (row: Row) => string;
  cell?: Snippet<[Row, number]>;
  /** Value to sort by in a Table; nulls come last. */
  sortBy?: (row: Row) => number | string | null;
}

export interface Sort {
  key: string;
  descending: boolean;
}

/** Sorts rows by one column; equal rows keep their order. */
export function sortRows<Row>(rows: readonly Row[], column: Column<Row> | undefined, descending: boolean): Row[] {
  const by = column?.sortBy ?? column?.text;
  if (!by) return [...rows];
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = by(a);
    const right = by(b);
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
    return sign * String(left).localeCompare(String(right), undefined, { numeric: true });
  });
}
