import { correctionOf, type LatencyStatistic, type LatencyTable } from '../../../../shared/run/latency-table.ts';
import { percentile } from '../../measure/index.ts';
import type { PieceTimes } from '../../prune/index.ts';

/** What counts of several timings. */
export function settleTimes(times: readonly number[], statistic: LatencyStatistic): number {
  return statistic === 'fastest' ? Math.min(...times) : percentile(times, 0.5);
}

/** A table's milliseconds, of each piece what counts of its rounds, corrected so that their sums are whole networks. */
export function timesOf({
  pieces,
  networks,
  statistic,
}: Pick<LatencyTable, 'pieces' | 'networks' | 'statistic'>): PieceTimes {
  const correction = correctionOf(networks);
  return new Map(
    Object.entries(pieces).flatMap(([key, rounds]) =>
      rounds.length > 0 ? [[key, correction * settleTimes(rounds, statistic)]] : [],
    ),
  );
}
