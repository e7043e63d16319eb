import { nameArchitecture } from '../../../../shared/run/architectures.ts';
import type { RunListener } from '../../../../shared/run/events.ts';
import {
  LATENCY_CALIBRATIONS,
  type LatencyTable,
  type LatencyTableSummary,
  type MeasuredNetwork,
} from '../../../../shared/run/latency-table.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { countNetwork, type Network } from '../../model/index.ts';
import { resolveStemStride } from '../../model/stem-stride.ts';
import { LatencyModel, listPoints } from '../../prune/index.ts';
import { findLatencyTable, writeLatencyTable } from '../../store/index.ts';
import { describeProcessor } from '../context/machine.ts';
import { describeModel } from '../context/models.ts';
import { settleTimes, timesOf } from '../context/piece-times.ts';
import { progressListener } from '../context/run-context.ts';
import { drawWidths } from './draw-widths.ts';
import { summarizeTable } from './latency-tables.ts';
import { ExportTimer, type NetworkTimer } from './network-timer.ts';

/** Classes of the whole networks: between those at which classifiers are timed. */
const CLASSES = 100;
/** Times are kept at least this often. */
const KEPT_EVERY_MS = 5000;

export interface MeasureLatencyOptions {
  readonly home: string;
  /** Its student is measured, with all that can be cut from it. */
  readonly recipe: Recipe;
  /** Of the table; one of that name is gone on with. */
  readonly name: string;
  readonly device: string;
  readonly format: LatencyTable['format'];
  readonly precision: LatencyTable['precision'];
  readonly threads: number;
  /** How often all pieces are gone through. */
  readonly rounds: number;
  /** Whole networks with random widths that the prediction is compared with. */
  readonly checks: number;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  readonly timer?: NetworkTimer;
  /** What `timer` runs on, in words. */
  readonly machine?: string;
  readonly clock?: Clock;
}

/**
 * Times the pieces of a student, at few widths each, whole networks to correct their sums, and others to tell how well these
 * predict. All are timed by
 * turns, round by round, so that a busy machine slows all of them alike. What is timed is kept, and not timed again.
 *
 * @throws DecantError `latency.unknown` where the table is another device's, `run.stopped`, `model.unreadable`, `disk.full`,
 * `output.unwritable`
 */
export async function measureLatency(options: MeasureLatencyOptions): Promise<LatencyTableSummary> {
  const { home, recipe, checks, clock = systemClock } = options;
  const timer = options.timer ?? new ExportTimer(options);
  const table = findLatencyTable(home, options.name) ?? beginTable(options, clock);
  requireSame(table, options);
  const full = describeModel(recipe, 'student', CLASSES);
  const points = listPoints(full);
  const pieces = new Map(Object.entries(table.pieces).map(([key, times]) => [key, [...times]]));
  for (const { key } of points) if (!pieces.has(key)) pieces.set(key, []);
  const toTime = (network: Network) => ({ network, times: [] as number[] });
  const calibration = drawWidths(full, LATENCY_CALIBRATIONS, 'calibration').map(toTime);
  const wholes = (checks === 0 ? [] : [full, ...drawWidths(full, checks, 'checks')]).map(toTime);

  const now = (): string => new Date(clock.now()).toISOString();
  const keep = (networks: readonly MeasuredNetwork[]): LatencyTable => {
    const timed = Object.fromEntries([...pieces].filter(([, times]) => times.length > 0));
    const runtime = table.runtime === '' ? (timer.runtime ?? '') : table.runtime;
    const measured = { ...table, runtime, networks: [...networks], pieces: timed, measuredAt: now() };
    writeLatencyTable(home, measured);
    return measured;
  };
  const turns = [
    ...points.map(({ key, build }) => ({ build, times: pieces.get(key)! })),
    ...[...calibration, ...wholes].map(({ network, times }) => ({ build: () => network, times })),
  ];
  await takeTurns(turns, { ...options, clock, timer, table, keep: () => keep(table.networks) });

  const { statistic } = table;
  const model = new LatencyModel(full, timesOf({ pieces: Object.fromEntries(pieces), networks: [], statistic }));
  const compare = ({ network, times }: (typeof wholes)[number]) => ({
    macs: countNetwork(network).macs,
    predictedMs: model.predict(network),
    measuredMs: settleTimes(times, statistic),
  });
  const [whole, ...checked] = wholes.map(compare);
  const title = titleOf(recipe);
  const former = table.networks.find((network) => network.title === title);
  const measured: MeasuredNetwork = {
    title,
    pieces: points.length,
    measuredAt: now(),
    full: whole ?? former?.full ?? null,
    checks: whole ? checked : (former?.checks ?? []),
    calibration: calibration.map(compare),
  };
  return summarizeTable(keep([...table.networks.filter((network) => network !== former), measured]));
}

/** What has its turn in each round. */
interface Turn {
  build(): Network;
  /** What counted of each of its turns. */
  readonly times: number[];
}

/** Times everything round by round, there and back, but what has had that many turns already. */
async function takeTurns(
  turns: readonly Turn[],
  {
    rounds,
    listener,
    signal,
    clock,
    timer,
    table,
    keep,
  }: Pick<MeasureLatencyOptions, 'rounds' | 'listener' | 'signal'> & {
    readonly clock: Clock;
    readonly timer: NetworkTimer;
    readonly table: LatencyTable;
    readonly keep: () => void;
  },
): Promise<void> {
  const total = turns.reduce((sum, { times }) => sum + Math.max(0, rounds - times.length), 0);
  const progress = { stage: 'latency', total, unit: 'timings', clock, listener: progressListener(listener) };
  const meter = new ProgressMeter(progress);
  let kept = clock.elapsedMs();
  try {
    for (let round = 0; round < rounds; round++)
      for (const { build, times } of round % 2 === 0 ? turns : turns.toReversed()) {
        if (times.length > round) continue;
        signal.throwIfAborted();
        const found = await timer.time(build());
        requireRuntime(table, timer);
        times.push(settleTimes(found, table.statistic));
        meter.advance(1);
        if (clock.elapsedMs() - kept < KEPT_EVERY_MS) continue;
        keep();
        kept = clock.elapsedMs();
      }
  } catch (error) {
    keep();
    if (!signal.aborted) throw error;
    const message = 'Stopped. What was timed is kept; measure again to continue with the rest.';
    throw new DecantError('run.stopped', message, { table: table.name }, { cause: error });
  }
}

function beginTable(options: MeasureLatencyOptions, clock: Clock): LatencyTable {
  const { name, device, format, precision, threads } = options;
  const now = new Date(clock.now()).toISOString();
  const machine = describeThis(options);
  const runtime = '';
  return {
    name,
    device,
    machine,
    format,
    precision,
    threads,
    runtime,
    statistic: 'fastest',
    createdAt: now,
    measuredAt: now,
    networks: [],
    pieces: {},
  };
}

function describeThis({ machine }: MeasureLatencyOptions): string {
  return machine ?? describeProcessor();
}

/** @throws DecantError `latency.unknown` where a table of this name holds something else */
function requireSame(table: LatencyTable, options: MeasureLatencyOptions): void {
  const wanted = { ...options, machine: describeThis(options) };
  for (const [key, what] of [
    ['device', 'device'],
    ['machine', 'machine'],
    ['format', 'runtime'],
    ['precision', 'precision'],
    ['threads', 'number of threads'],
  ] as const) {
    if (table[key] === wanted[key]) continue;
    throw new DecantError(
      'latency.unknown',
      `The latency table ${table.name} was measured with another ${what} (${table[key]}, now ${wanted[key]}); remove it, or choose another --name.`,
      { name: table.name },
    );
  }
}

/** @throws DecantError `latency.unknown` where a table was begun with another version of the runtime */
function requireRuntime(table: LatencyTable, { runtime }: NetworkTimer): void {
  if (table.runtime === '' || runtime === null || table.runtime === runtime) return;
  throw new DecantError(
    'latency.unknown',
    `The latency table ${table.name} was measured in ${table.runtime}, and here is ${runtime}; remove it, or choose another --name.`,
    { name: table.name },
  );
}

/** "MobileNetV2, 64 × 64 pixels": what a network is called, with what changes its time. */
function titleOf({ student, data, teacher }: Recipe): string {
  const { architecture, width, stemStride, firstStrides, head } = student;
  const usual = resolveStemStride(null, data.inputSize);
  return [
    `${nameArchitecture(architecture)}${width === 1 ? '' : ` × ${width}`}`,
    `${data.inputSize} × ${data.inputSize} pixels`,
    ...(stemStride === null || stemStride === usual ? [] : [`stem stride ${stemStride}`]),
    ...(firstStrides.every((stride) => stride === 2) ? [] : [`first strides ${firstStrides.join(', ')}`]),
    ...(head === 'teacher' ? [`classifier of ${nameArchitecture(teacher.architecture)}`] : []),
  ].join(', ');
}
