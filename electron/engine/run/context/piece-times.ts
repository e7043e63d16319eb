import { correctionOf, type LatencyTable } from '../../../../shared/run/latency-table.ts';
import { percentile } from '../../measure/index.ts';
import type { PieceTimes } from '../../prune/index.ts';

/** A table's milliseconds, of each piece the middle of its rounds, corrected so that their sums are whole networks. */
export function timesOf({ pieces, networks }: Pick<LatencyTable, 'pieces' | 'networks'>): PieceTimes {
  const correction = correctionOf(networks);
  return new Map(
    Object.entries(pieces).flatMap(([key, rounds]) =>
      rounds.length > 0 ? [[key, correction * percentile(rounds, 0.5)]] : [],
    ),
  );
}
