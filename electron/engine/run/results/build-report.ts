import { followHardest } from '../../../../shared/run/hardest-images.ts';
import {
  CONVENTIONS,
  type ExportReport,
  REPORT_VERSION,
  type Report,
  reportSchema,
} from '../../../../shared/run/report.ts';
import { mapRoles } from '../../../../shared/run/roles.ts';
import { sortByStage } from '../../../../shared/run/stages.ts';
import { formatPlural, formatShare } from '../../../../shared/text/format.ts';
import type { ComputeDescription } from '../../compute/index.ts';
import { retention } from '../../measure/index.ts';
import { compareWidths } from '../../model/compare-widths.ts';
import { findRun, readRecipe, selectCuts, selectEpochs, selectStages } from '../../store/index.ts';
import { reportSessions } from '../book/sessions.ts';
import { countClasses } from '../context/batches.ts';
import { decantVersion, describeMachine } from '../context/machine.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import type { TrainedModels } from '../context/trained-models.ts';
import type { Measurements } from './measure-models.ts';

/** Everything that a run found out, in one object, checked against its schema. */
export function buildReport(
  context: RunContext,
  data: PreparedData,
  results: {
    compute: ComputeDescription;
    trained: TrainedModels;
    measurements: Measurements;
    exports: readonly ExportReport[];
    latency: Report['latency'];
    search: Report['search'];
    /** What else a reader has to know. */
    notes: readonly string[];
  },
): Report {
  const { store, id, clock } = context;
  const recipe = readRecipe(store.db, id); // As the user wrote it.
  const { evaluations, confidence, models, alone, cka } = results.measurements;
  const student = evaluations.student!; // The student is always trained.
  const stages = selectStages(store.db, id).map(({ stage, elapsedMs }) => ({ stage, elapsedMs }));
  const sessions = reportSessions(context);
  const trainImages = countClasses(data);
  const epochs = selectEpochs(store.db, id);
  const report: Report = {
    version: REPORT_VERSION,
    run: id,
    createdAt: new Date(clock.now()).toISOString(),
    decant: decantVersion(),
    seed: recipe.seed,
    dataset: {
      name: data.name,
      classes: [...data.classes],
      images: {
        train: data.splits.train.length,
        validation: data.splits.validation.length,
        test: data.splits.test.length,
        unlabelled: data.splits.unlabelled.length,
      },
      broken: data.broken.length,
    },
    recipe,
    backend: {
      name: results.compute.backend,
      device: results.compute.device,
      threads: results.compute.threads,
      precision: results.compute.precision,
      reason: results.compute.reason,
    },
    machine: describeMachine(),
    ...models,
    alone,
    latency: results.latency,
    search: results.search,
    retention: {
      vsTeacher: retention(student, evaluations.teacher!), // The teacher is always there.
      vsBaseline: evaluations.baseline && retention(student, evaluations.baseline),
    },
    reduction: {
      flopsVsTeacher: 1 - models.student.flops / models.teacher.flops,
      flopsVsBaseline: 1 - models.student.flops / models.baseline.flops,
      parametersVsBaseline: 1 - models.student.parameters / models.baseline.parameters,
    },
    cka,
    perClass: data.classes.map((name, label) => ({
      name,
      images: student.perClass[label]!.images,
      trainImages: trainImages[label]!,
      top1: student.perClass[label]!.top1,
      teacherTop1: evaluations.teacher?.perClass[label]?.top1 ?? null,
      baselineTop1: evaluations.baseline?.perClass[label]?.top1 ?? null,
    })),
    calibration: mapRoles((role) => {
      const known = confidence[role];
      if (!known) return null;
      const { errorBefore, errorAfter } = known.figures;
      return { temperature: known.temperature, errorBefore, errorAfter };
    }),
    unlike: countUnlike(confidence),
    hardestImages: followHardest(epochs).map(({ image, loss, weights }) => ({
      path: data.paths[image]!,
      class: data.classes[data.cache.labels[image]!]!,
      loss,
      weights: [...weights],
    })),
    confusion: {
      teacher: evaluations.teacher!.confusion,
      baseline: evaluations.baseline?.confusion ?? null,
      student: student.confusion,
    },
    layers: compareWidths(results.trained.baseline.network, results.trained.student.network).map(
      ({ name, before, now }) => ({ name, before, after: now }),
    ),
    history: sortByStage(epochs),
    cuts: selectCuts(store.db, id),
    exports: [...results.exports],
    timing: {
      stages,
      totalMs: stages.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
      resumes: findRun(store.db, id).resumes,
    },
    ...sessions,
    notes: [...sessions.notes, ...results.notes],
    conventions: [
      ...CONVENTIONS,
      `Test accuracy was computed in ${results.measurements.runtime}.`,
      ...describeLatencyGoal(results.latency),
      ...describeSearch(results.search),
    ],
  };
  return reportSchema.parse(report);
}

/** By what the networks of a search were judged. */
function describeSearch(search: Report['search']): string[] {
  if (!search) return [];
  const { candidates, images } = search;
  return [
    `${formatPlural(candidates.length, 'network')} of the search were judged by their top-1 on ${formatPlural(images, 'validation image')} by which nothing else was chosen, as parts of the student that shares its weights with them; the other validation images chose everything else.`,
  ];
}

/** What the milliseconds of the goal are. */
function describeLatencyGoal(latency: Report['latency']): string[] {
  if (!latency) return [];
  const { table, device, machine, runtime, precision, medianError, measuredAt } = latency;
  const doubt = medianError === null ? 'whose error is unknown' : `whose median error is ${formatShare(medianError)}`;
  return [
    `Predicted latency is for one image (batch 1) on ${device} (${machine}) in ${runtime}, ${precision}, by the table ${table} of ${measuredAt.slice(0, 10)}, ${doubt}.`,
  ];
}

/** Null where one of the two cannot tell. */
function countUnlike({ teacher, student }: Measurements['confidence']): Report['unlike'] {
  const [byTeacher, byStudent] = [teacher?.figures.unlike, student?.figures.unlike];
  if (!byTeacher || !byStudent) return null;
  const share = (found: Uint8Array) => found.reduce((sum, one) => sum + one, 0) / Math.max(1, found.length);
  const either = byStudent.map((one, image) => one | byTeacher[image]!);
  return { teacher: share(byTeacher), student: share(byStudent), either: share(either) };
}
