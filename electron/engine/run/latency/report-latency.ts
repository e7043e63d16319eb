import type { FrozenLatency } from '../../../../shared/run/latency-table.ts';
import type { Report } from '../../../../shared/run/report.ts';
import type { Network } from '../../model/index.ts';
import { findArtifact } from '../../store/index.ts';
import { openLatency } from '../context/budget.ts';
import { describeProcessor } from '../context/machine.ts';
import { settleTimes } from '../context/piece-times.ts';
import type { RunContext } from '../context/run-context.ts';
import { RUN_LATENCY } from '../context/run-latency.ts';
import { ExportTimer, type NetworkTimer } from './network-timer.ts';

/** Turns of each network. */
const TURNS = 5;

/**
 * What the table of a run's bound in milliseconds predicts of the student before and after its cuts, and what they take in that
 * runtime now, by turns, where the table is of this machine.
 *
 * @throws the signal's reason when it is aborted
 */
export async function reportLatency(
  context: RunContext,
  { full, student }: { full: Network; student: Network },
  timer?: NetworkTimer,
): Promise<Report['latency']> {
  const { latency, recipe, store, id, signal } = context;
  const boundMs = recipe.prune.latencyMs;
  if (!latency || boundMs === null) return null;
  const model = openLatency({ latency }, full)!; // There are latencies.
  const times = await timeHere(latency, [full, student], { timer, signal });
  const describe = (network: Network, measured: readonly number[]) => ({
    predictedMs: model.predict(network),
    measuredMs: measured.length > 0 ? settleTimes(measured, latency.statistic) : null,
  });
  const { table, device, machine, runtime, precision, measuredAt, medianError } = latency;
  return {
    table,
    device,
    machine,
    runtime,
    precision,
    sha256: findArtifact(store.db, id, RUN_LATENCY)!.sha256, // It was kept when the run began.
    measuredAt,
    medianError,
    boundMs,
    baseline: describe(full, times[0]!),
    student: describe(student, times[1]!),
  };
}

/** What counted of the turns of each network, none where the table is another machine's. */
async function timeHere(
  latency: FrozenLatency,
  networks: readonly Network[],
  { timer, signal }: { timer: NetworkTimer | undefined; signal: AbortSignal },
): Promise<number[][]> {
  const times = networks.map((): number[] => []);
  if (latency.machine !== describeProcessor()) return times;
  const clock = timer ?? new ExportTimer(latency);
  for (let turn = 0; turn < TURNS; turn++)
    for (const [i, network] of networks.entries()) {
      signal.throwIfAborted();
      times[i]!.push(settleTimes(await clock.time(network), latency.statistic));
    }
  return times;
}
