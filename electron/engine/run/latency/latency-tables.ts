import { type LatencyTable, type LatencyTableSummary, medianErrorOf } from '../../../../shared/run/latency-table.ts';
import { readLatencyTables, removeLatencyTable, restoreLatencyTable, setLatencyTableAside } from '../../store/index.ts';

/** The tables of a home, by name. */
export async function listLatencyTables({ home }: { home: string }): Promise<LatencyTableSummary[]> {
  return readLatencyTables(home).map(summarizeTable);
}

/** Removes a table; runs that began with it keep what they need of it. @throws DecantError `latency.unknown`, `output.unwritable` */
export async function forgetLatencyTable({ home, name }: { home: string; name: string }): Promise<void> {
  removeLatencyTable(home, name);
}

/** Removes a table, so that it can be brought back. @throws as `forgetLatencyTable` */
export async function takeLatencyTable({ home, name }: { home: string; name: string }): Promise<void> {
  setLatencyTableAside(home, name);
}

/** Brings back a table that was taken. @throws DecantError `latency.unknown`, `output.unwritable` */
export async function returnLatencyTable({ home, name }: { home: string; name: string }): Promise<void> {
  restoreLatencyTable(home, name);
}

export function summarizeTable(table: LatencyTable): LatencyTableSummary {
  return { ...table, pieces: Object.keys(table.pieces).length, medianError: medianErrorOf(table.networks) };
}
