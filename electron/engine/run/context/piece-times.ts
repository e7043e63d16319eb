import type { LatencyTable } from '../../../../shared/run/latency-table.ts';
import { percentile } from '../../measure/index.ts';
import type { PieceTimes } from '../../prune/index.ts';

/** A table's milliseconds, of each piece the middle of its rounds. */
export function timesOf({ pieces }: Pick<LatencyTable, 'pieces'>): PieceTimes {
  return new Map(
    Object.entries(pieces).flatMap(([key, rounds]) => (rounds.length > 0 ? [[key, percentile(rounds, 0.5)]] : [])),
  );
}
