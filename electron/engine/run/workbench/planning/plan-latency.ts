import type { RunPlan } from '../../../../../shared/ipc/topics/runs.ts';
import {
  type FrozenLatency,
  LATENCY_CALIBRATIONS,
  LATENCY_CHECKS,
  LATENCY_ROUNDS,
  medianErrorOf,
} from '../../../../../shared/run/latency-table.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import { DecantError } from '../../../core/errors.ts';
import { countNetwork, type Network } from '../../../model/index.ts';
import { LatencyModel, listPoints } from '../../../prune/index.ts';
import { readLatencyTables } from '../../../store/index.ts';
import { timesOf } from '../../context/piece-times.ts';
import { freezeLatency } from '../../context/run-latency.ts';

/** Where a plan finds latencies. */
export interface LatencySource {
  /** As `freezeLatency`. */
  freeze(recipe: Recipe, full: Network): FrozenLatency | null;
  /** The tables that have timed a student. */
  list(full: Network): NonNullable<RunPlan['latency']>['tables'];
}

export const NO_LATENCIES: LatencySource = { freeze: () => null, list: () => [] };

export function openLatencies(home: string): LatencySource {
  return {
    freeze: (recipe, full) => freezeLatency(home, recipe, full),
    list: (full) =>
      readLatencyTables(home).flatMap((table) => {
        const model = tryModel(full, timesOf(table));
        if (!model) return [];
        const { name, device, runtime, precision, networks } = table;
        const medianError = medianErrorOf(networks);
        return [{ table: name, device, runtime, precision, medianError, fullMs: model.predict(full) }];
      }),
  };
}

/** Null where the table has not timed all of the student's pieces. */
function tryModel(full: Network, times: ReadonlyMap<string, number>): LatencyModel | null {
  try {
    return new LatencyModel(full, times);
  } catch (error) {
    if (error instanceof DecantError && error.code === 'latency.unknown') return null;
    throw error;
  }
}

/** What a turn takes besides inferences, inferences of a turn, and how fast they are: rough, for the time that measuring takes. */
const TURN = { openMs: 40, inferences: 70, longestMs: 330, callMs: 0.05, macsPerMs: 8e6 } as const;
/** Multiply-accumulates of a piece at its usual widths, as a share of those at its full ones. */
const USUAL = 0.45;

/** About how long it takes to measure a student on this computer. */
export function estimateMeasuring(full: Network): number {
  const { macs } = countNetwork(full);
  const points = listPoints(full).length;
  const blocks = full.nodes.filter((node) => node.op === 'depthwise').length + 1;
  const turn = (share: number): number =>
    TURN.openMs + Math.min(TURN.longestMs, TURN.inferences * (TURN.callMs + (share * macs) / TURN.macsPerMs));
  return (
    LATENCY_ROUNDS.usual *
    (points * turn(USUAL / blocks) + (1 + LATENCY_CALIBRATIONS + LATENCY_CHECKS.usual) * turn(USUAL))
  );
}
