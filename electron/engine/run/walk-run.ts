import type { Report } from '../../../shared/run/report.ts';
import type { Stage } from '../../../shared/run/stages.ts';
import { type ComputeDescription, startCompute, stopCompute } from '../compute/index.ts';
import { countImages } from '../data/index.ts';
import { addStageTime, cacheFolder, finishRun, notePeakMemory, saveArtifact, startStage } from '../store/index.ts';
import type { Teacher } from '../teacher/index.ts';
import { prepareData } from './begin/prepare.ts';
import { resultsFolder } from './book/runs.ts';
import { beginSession } from './book/sessions.ts';
import type { CompressOptions } from './context/compress-options.ts';
import { readModel } from './context/kept-models.ts';
import { reportSearch } from './context/kept-search.ts';
import { peakMemoryBytes } from './context/machine.ts';
import { describeModel, startModel } from './context/models.ts';
import { noteReuse } from './context/note-reuse.ts';
import type { KnownDataset, PreparedData } from './context/prepared-data.ts';
import { type AnswerRoom, noteOnce, type RunContext } from './context/run-context.ts';
import type { TrainedModels } from './context/trained-models.ts';
import { reportLatency } from './latency/report-latency.ts';
import { buildReport } from './results/build-report.ts';
import { exportRecipeFiles } from './results/export-student.ts';
import { encodeResultsList, RESULTS_LIST } from './results/kept-results.ts';
import { measureModels } from './results/measure-models.ts';
import { writeResults } from './results/write-results.ts';
import { openFileTeacher, openOwnTeacher } from './teacher/run-teacher.ts';
import { noteEarlyFinish } from './training/finish-early.ts';
import { Forecast } from './training/forecast.ts';
import { noteCutsLeftOut } from './training/goal-watch.ts';
import { trainModels } from './training/train-models.ts';

/** Runs the stages of a run in order, skipping those already done. */
export async function walkRun(
  given: RunContext,
  known: KnownDataset,
  options: Pick<CompressOptions, 'backend' | 'threads' | 'cacheLimitBytes'> & { readonly resumed: boolean },
): Promise<Report> {
  const { listener, store, id, clock } = given;
  listener({ type: 'run.started', run: id, dataset: known.dataset.name, resumed: options.resumed });
  const data = await timeStage(given, 'prepare', () => prepareData(given, known, options));
  let begun = false;
  let fileTeacher: Teacher | null = null;
  try {
    const room = {
      folder: cacheFolder(store.home),
      limitBytes: options.cacheLimitBytes,
      dataset: known.fingerprint,
      images: countImages(known.dataset),
      note: noteOnce(listener),
    };
    fileTeacher = await openTeacherFile(given, data, { ...room, computedOn: 'onnxruntime' });
    const compute = await startBackend(given, options);
    const answers = { ...room, computedOn: `${compute.backend} ${compute.device} ${compute.precision}` };
    const context = { ...given, fileTeacher, answers };
    beginSession(context, compute);
    begun = true;
    const forecast = new Forecast(context, data);
    await trainModels(context, data, forecast);
    const trained = await readTrained(context, data.classes.length);
    // What is measured and what exports are compared with is exact.
    if (compute.precision !== 'f32') await startCompute({ backend: compute.backend, threads: threadsOf(options) });
    forecast.begin('measure');
    const measurements = await timeStage(context, 'measure', () => measureModels(context, data, trained));
    const folder = resultsFolder(store, id);
    forecast.begin('export');
    const exports = await timeStage(context, 'export', () =>
      exportRecipeFiles(context, data, trained, {
        folder,
        temperature: measurements.confidence.student?.temperature ?? null,
      }),
    );
    const latency = await reportLatency(context, {
      full: trained.baseline.network,
      student: trained.student.network,
    });
    const report = buildReport(context, data, {
      compute,
      trained,
      measurements,
      exports,
      latency,
      search: await reportSearch(context),
      notes: [...noteEarlyFinish(context), ...noteCuts(context, trained), ...listNotes(trained)],
    });
    await writeResults(folder, report, trained);
    await saveArtifact(
      store,
      id,
      { name: RESULTS_LIST, content: await encodeResultsList(folder) },
      { nowMs: clock.now(), alsoWrite: (db) => finishRun(db, id, report, clock.now()) },
    );
    listener({ type: 'run.finished', run: id });
    return report;
  } finally {
    await stopCompute();
    await fileTeacher?.close();
    await data.cache.close();
    if (begun) notePeakMemory(store.db, id, peakMemoryBytes());
  }
}

function openTeacherFile({ recipe }: RunContext, { classes }: PreparedData, kept: AnswerRoom): Promise<Teacher | null> {
  return openFileTeacher({
    recipe,
    classes,
    student: describeModel(recipe, 'student', classes.length),
    kept,
  });
}

async function startBackend(
  { listener, recipe }: RunContext,
  options: Pick<CompressOptions, 'backend' | 'threads'>,
): Promise<ComputeDescription> {
  const wanted = recipe.train.precision;
  const compute = await startCompute({
    backend: options.backend,
    threads: threadsOf(options),
    precision: wanted === 'f32' ? 'f32' : 'mixed',
  });
  const { backend, device, threads, precision, reason } = compute;
  listener({ type: 'backend.chosen', backend, device, threads, precision, reason });
  if (wanted === 'mixed' && precision !== 'mixed') {
    const message = `Mixed precision was requested, but ${backend} on ${device} does not offer it; training computes in f32.`;
    listener({ type: 'warning.raised', message });
  }
  return compute;
}

function threadsOf({ threads }: Pick<CompressOptions, 'threads'>): number | undefined {
  return threads ?? undefined;
}

async function readTrained(context: RunContext, classes: number): Promise<TrainedModels> {
  const own = await readModel(context, 'teacher');
  const student = await readModel(context, 'student');
  const full = describeModel(context.recipe, 'student', classes);
  const teacher = context.fileTeacher ?? (own && openOwnTeacher(context.recipe, own, full));
  if (!teacher || !student) throw new Error('Training has ended without a teacher and a student.'); // planTraining has both.
  const alone = await readModel(context, 'alone');
  const baseline = await readModel(context, 'baseline');
  if (baseline) return { teacher, student, baseline: { ...baseline, trained: true }, alone };
  const untrained = await startModel(context.recipe, 'student', { classes, random: context.random });
  return { teacher, student, baseline: { ...untrained, trained: false }, alone };
}

function noteCuts(context: RunContext, { baseline, student }: TrainedModels): string[] {
  return noteCutsLeftOut(context, { full: baseline.network, student: student.network });
}

/** What a reader has to know of the networks. */
function listNotes({ baseline }: TrainedModels): string[] {
  const reuse = noteReuse(baseline.network);
  return reuse === null ? [] : [reuse];
}

/** Runs a stage that does not train, timed, with its events. */
async function timeStage<T>(
  { store, id, clock, listener, signal }: RunContext,
  stage: Stage,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const startedAt = clock.elapsedMs();
  startStage(store.db, id, stage, clock.now());
  listener({ type: 'stage.started', stage, epochs: 0 });
  const result = await work();
  const elapsedMs = clock.elapsedMs() - startedAt;
  addStageTime(store.db, id, stage, elapsedMs, true);
  listener({ type: 'stage.finished', stage, elapsedMs });
  return result;
}
