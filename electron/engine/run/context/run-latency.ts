import type { FrozenLatency, LatencyTable } from '../../../../shared/run/latency-table.ts';
import { medianErrorOf } from '../../../../shared/run/latency-table.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { FROZEN_LATENCY_FORM } from '../../../../shared/stored/latency-form.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import type { Network } from '../../model/index.ts';
import { listPoints } from '../../prune/index.ts';
import {
  fromStoredText,
  readArtifact,
  readLatencyTable,
  type Store,
  saveArtifact,
  toStoredText,
} from '../../store/index.ts';
import { timesOf } from './piece-times.ts';

/** What a run's artifact is called with the latencies that it goes by. */
export const RUN_LATENCY = 'latency.json';

/**
 * What a recipe that bounds milliseconds needs of its table now; null where it bounds none.
 *
 * @param full the student before any cut
 * @throws DecantError `latency.unknown` where there is no such table, or it has not timed this student; `store.newer`,
 * `store.unreadable`
 */
export function freezeLatency(home: string, recipe: Recipe, full: Network): FrozenLatency | null {
  const { latencyMs, latencyTable } = recipe.prune;
  if (latencyMs === null || latencyTable === null) return null;
  const table = readLatencyTable(home, latencyTable);
  const times = timesOf(table);
  const points = listPoints(full);
  const pieces: Record<string, number> = {};
  for (const { key } of points) {
    const time = times.get(key);
    if (time !== undefined) pieces[key] = time;
  }
  const missing = points.length - Object.keys(pieces).length;
  if (missing > 0)
    throw new DecantError(
      'latency.unknown',
      `The latency table ${table.name} has not timed ${missing} of the ${points.length} pieces of this student; ` +
        `run: decant latency measure ${describeMeasuring(table, recipe)}`,
      { name: table.name, missing },
    );
  const { name, device, machine, format, precision, threads, runtime, statistic, measuredAt, networks } = table;
  const medianError = medianErrorOf(networks);
  return {
    table: name,
    device,
    machine,
    format,
    precision,
    threads,
    runtime,
    statistic,
    measuredAt,
    medianError,
    pieces,
  };
}

/** The options that add a recipe's student to a table. */
function describeMeasuring(
  { name, device, format, precision, threads }: LatencyTable,
  { data, student }: Recipe,
): string {
  return [
    `--name ${name}`,
    `--device ${/\s/.test(device) ? JSON.stringify(device) : device}`,
    `--runtime ${format}`,
    `--precision ${precision}`,
    ...(threads > 1 ? [`--threads ${threads}`] : []),
    `--set data.inputSize=${data.inputSize}`,
    `--set student.architecture=${student.architecture}`,
    ...(student.width === 1 ? [] : [`--set student.width=${student.width}`]),
    ...(student.stemStride === null ? [] : [`--set student.stemStride=${student.stemStride}`]),
    ...(student.firstStrides.length === 0 ? [] : [`--set student.firstStrides=[${student.firstStrides.join()}]`]),
    ...(student.head === 'own' ? [] : [`--set student.head=${student.head}`]),
  ].join(' ');
}

/**
 * The latencies that a run goes by: those it kept when it began, else the table's, which it keeps now. What is measured later
 * changes nothing for it.
 *
 * @throws as `freezeLatency`; DecantError `checkpoint.unreadable` where what it kept is damaged
 */
export async function openRunLatency(
  store: Store,
  id: RunId,
  { recipe, full, nowMs }: { recipe: Recipe; full: Network; nowMs: number },
): Promise<FrozenLatency | null> {
  if (recipe.prune.latencyMs === null) return null;
  const kept = await readRunLatency(store, id);
  if (kept) return kept;
  const frozen = freezeLatency(store.home, recipe, full);
  if (frozen) {
    const content = Buffer.from(toStoredText(FROZEN_LATENCY_FORM, frozen));
    await saveArtifact(store, id, { name: RUN_LATENCY, content }, { nowMs });
  }
  return frozen;
}

/** What a run kept; null where it kept nothing. @throws DecantError `checkpoint.unreadable`, `store.newer`, `store.unreadable` */
export async function readRunLatency(store: Pick<Store, 'db' | 'home'>, id: RunId): Promise<FrozenLatency | null> {
  const content = await readArtifact(store, id, RUN_LATENCY);
  return content && fromStoredText(FROZEN_LATENCY_FORM, Buffer.from(content).toString('utf8'), `Run ${id}`);
}
