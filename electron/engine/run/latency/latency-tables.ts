import { type LatencyTable, type LatencyTableSummary, medianErrorOf } from '../../../../shared/run/latency-table.ts';
import { readLatencyTables, removeLatencyTable } from '../../store/index.ts';

/** The tables of a home, by name. */
export async function listLatencyTables({ home }: { home: string }): Promise<LatencyTableSummary[]> {
  return readLatencyTables(home).map(summarizeTable);
}

/** Removes a table; runs that began with it keep what they need of it. @throws DecantError `latency.unknown`, `output.unwritable` */
export async function forgetLatencyTable({ home, name }: { home: string; name: string }): Promise<void> {
  removeLatencyTable(home, name);
}

export function summarizeTable(table: LatencyTable): LatencyTableSummary {
  return { ...table, pieces: Object.keys(table.pieces).length, medianError: medianErrorOf(table.networks) };
}
