import type { Snippet } from 'svelte';

/** One column of a Table or a VirtualTable. Figures go to the right. */
export interface Column<Row> {
  key: string;
  title: string;
  /** One sentence, shown when the title is pointed at. */
  help?: string;
  align?: 'left' | 'right';
  /** A CSS length or track: "96px", "minmax(160px, 1fr)". */
  width?: string;
  /** Whether its title sorts. */
  sortable?: boolean;
  /** What a cell says; `cell` draws it instead where it is more than text. */
  text?: (row: Row) => string;
  cell?: Snippet<[Row, number]>;
  /** What a Table sorts by; empty values come last. */
  sortBy?: (row: Row) => number | string | null;
}

export interface Sort {
  key: string;
  descending: boolean;
}

/** Sorted by one column; the order of equal rows stays. */
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
