import type { AppRun, RunHistory, RunPlan } from '../../../shared/ipc/topics/runs.ts';
import type { Grouping } from '../../../shared/run/class-groups.ts';
import { listGroupAccuracies } from '../../../shared/run/group-accuracies.ts';
import type { ModelReport, Report } from '../../../shared/run/report.ts';
import { ROLE_NAMES, ROLES, type Role } from '../../../shared/run/roles.ts';
import { findLine, LINES } from '../../../shared/run/stages.ts';
import { formatMilliseconds, formatShare } from '../../../shared/text/format.ts';

/** One network of one run and what is known about it; null: not known (yet), or not trained. */
export interface Contender {
  readonly key: string;
  readonly run: string;
  readonly runName: string;
  readonly role: Role;
  readonly architecture: string | null;
  readonly inputSize: number | null;
  readonly macs: number | null;
  readonly parameters: number | null;
  readonly bytes: number | null;
  readonly top1: number | null;
  readonly top5: number | null;
  /** Balanced accuracy of all classes and by group; none where the training images are not long-tailed. */
  readonly groups: Readonly<Partial<Record<Grouping, number | null>>>;
  /** Expected calibration error on the test images, with its temperature. */
  readonly calibrationError: number | null;
  /** Share of the test images that it takes for unlike its training images. */
  readonly unlike: number | null;
  /** After its latest epoch, on the validation images. */
  readonly validationTop1: number | null;
  readonly latencyP50: number | null;
  readonly latencyP95: number | null;
  readonly fps: number | null;
  /** Milliseconds of one image by the latency table that the run is bounded by; null where none bounds it. */
  readonly tableLatency: { readonly predictedMs: number; readonly measuredMs: number | null } | null;
  /** That table, its device and what it bounds. */
  readonly latencyTable: string | null;
  readonly runtime: string | null;
  /** Counted before pruning: the budget, not the result. */
  readonly estimated: boolean;
  /** Whether it has weights of its own; false for a full student that was only counted. */
  readonly trained: boolean;
  readonly dataset: string;
  readonly testImages: number | null;
  readonly classes: number | null;
  readonly machine: string | null;
  readonly backend: string | null;
  readonly peakMemoryBytes: number | null;
}

/** The key of a contender. Ids of runs contain no `:`. */
export function keyContender(run: string, role: Role): string {
  return `${run}:${role}`;
}

/** Lists the three networks of a run: as measured if it is finished, else as planned and trained so far. */
export function listContenders(
  { row, recipe, detail }: AppRun,
  { plan, history }: { plan: RunPlan | null; history: RunHistory | null },
): Contender[] {
  const { report } = detail;
  return ROLE_NAMES.map((role) => {
    const shared = { key: keyContender(row.id, role), run: row.id, runName: row.name, role, dataset: row.dataset };
    const validationTop1 = findValidationTop1(report?.history ?? history?.epochs ?? [], role);
    if (report)
      return {
        ...shared,
        ...readModel(report[role]),
        ...readConditions(report),
        groups: Object.fromEntries(listGroupAccuracies(report).map((row) => [row.group, row[role]])),
        calibrationError: report.calibration[role]?.errorAfter ?? null,
        unlike: role === 'baseline' ? null : (report.unlike?.[role] ?? null),
        tableLatency: role === 'teacher' ? null : (report.latency?.[role] ?? null),
        latencyTable: report.latency && describeLatencyTable(report.latency),
        validationTop1,
        estimated: false,
      };
    const planned = plan?.networks?.find((network) => network.role === role);
    return {
      ...shared,
      architecture: planned?.architecture ?? recipe[ROLES[role].network].architecture,
      inputSize: recipe.data.inputSize,
      macs: planned?.macs ?? null,
      parameters: planned?.parameters ?? null,
      bytes: planned?.bytes ?? null,
      top1: null,
      top5: null,
      groups: {},
      calibrationError: null,
      unlike: null,
      validationTop1,
      latencyP50: null,
      latencyP95: null,
      fps: null,
      ...planLatency(role, recipe, plan),
      runtime: null,
      estimated: planned?.estimated ?? false,
      trained: LINES[role].wanted(recipe),
      testImages: plan?.images?.test ?? null,
      classes: null,
      machine: null,
      backend: null,
      peakMemoryBytes: null,
    };
  });
}

/** What the recipe's table predicts of a network that is still to come. */
function planLatency(
  role: Role,
  { prune: { latencyMs, latencyTable } }: AppRun['recipe'],
  plan: RunPlan | null,
): Pick<Contender, 'tableLatency' | 'latencyTable'> {
  const table = plan?.latency?.tables.find((each) => each.table === latencyTable);
  if (!table || latencyMs === null) return { tableLatency: null, latencyTable: null };
  const predictedMs =
    role === 'teacher' ? null : role === 'baseline' ? table.fullMs : (plan?.latency?.studentMs ?? null);
  return {
    tableLatency: predictedMs === null ? null : { predictedMs, measuredMs: null },
    latencyTable: describeLatencyTable({ ...table, boundMs: latencyMs }),
  };
}

function describeLatencyTable({
  table,
  boundMs,
  runtime,
  medianError,
}: Pick<NonNullable<Report['latency']>, 'table' | 'boundMs' | 'runtime' | 'medianError'>): string {
  const limit = `${table}: at most ${formatMilliseconds(boundMs)} in ${runtime}`;
  return medianError === null ? limit : `${limit}; median error of predictions ${formatShare(medianError)}`;
}

function readModel(model: ModelReport) {
  return {
    architecture: model.architecture,
    inputSize: model.inputSize,
    macs: model.macs,
    parameters: model.parameters,
    bytes: model.bytes,
    top1: model.top1,
    top5: model.top5,
    latencyP50: model.latencyMs.p50,
    latencyP95: model.latencyMs.p95,
    fps: model.fps,
    runtime: model.runtime,
    trained: model.top1 !== null,
  };
}

function readConditions({ dataset, machine, backend, peakMemoryBytes }: Report) {
  return {
    testImages: dataset.images.test,
    classes: dataset.classes.length,
    machine: `${machine.cpu}, ${machine.cores} cores, ${machine.platform}`,
    backend: `${backend.name} on ${backend.device}`,
    peakMemoryBytes,
  };
}

function findValidationTop1(epochs: RunHistory['epochs'], role: Role): number | null {
  const own = epochs.filter(({ stage, validationTop1 }) => findLine(stage) === role && validationTop1 !== null);
  return own.reduce((last, epoch) => (last && last.epoch > epoch.epoch ? last : epoch), own[0])?.validationTop1 ?? null;
}
