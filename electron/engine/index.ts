/**
 * The engine's public face: all that other processes may import. Use cases, and with them the libraries for numbers
 * and images, are loaded when first called, so that a question that needs none of them is answered at once.
 */
import './core/decoding-threads.ts';

export { writeFileAtomically } from './core/atomic-file.ts';
export { type Clock, systemClock } from './core/clock.ts';
export { DecantError, ERRORS, type ErrorCode } from './core/errors.ts';
export type { RunId } from './core/ids.ts';
export { describeSystemFailure } from './core/system-failure.ts';
export { answerTasks } from './core/tasks/answer-tasks.ts';
export { toFailure } from './core/tasks/failure.ts';
export type { Task } from './core/tasks/task.ts';
export { openThread, PlaceEnded, type TaskClient } from './core/tasks/task-client.ts';
export { workingClock } from './core/working-clock.ts';
export type { InspectOptions } from './run/begin/inspect.ts';
export { listForeignFiles, placeRecipeFiles, type RecipeFile } from './run/begin/recipe-files.ts';
export type { WeightsOptions } from './run/begin/weights.ts';
export type { BenchOptions } from './run/bench/bench.ts';
export type { RunBook } from './run/book/run-book.ts';
export type { CompressOptions } from './run/context/compress-options.ts';
export { decantVersion } from './run/context/machine.ts';
export { parseRecipe } from './run/context/parse-recipe.ts';
export { RunControl } from './run/context/run-control.ts';
export type { DemoOptions } from './run/demo.ts';
export type { DoctorOptions } from './run/doctor/doctor.ts';
export type { SweepOptions, SweepPlanPoint } from './run/jobs/sweep.ts';
export type { WorkOptions, WorkResult } from './run/jobs/work.ts';
export type { EvaluateOptions } from './run/results/evaluate.ts';
export type { ExportAllOptions } from './run/results/export-all.ts';
export type { ExportOptions } from './run/results/export-run.ts';
export type { PhoneFile, PhoneJob } from './run/results/phone/phone-job.ts';
export type { PhoneJobOptions } from './run/results/phone/prepare-phone-job.ts';
export type { Workbench } from './run/workbench/workbench.ts';
export { assertHome, resolveHome } from './store/paths.ts';
export type { Store } from './store/store.ts';

export const benchmarkOnDevice = defer(
  async () => (await import('./run/results/phone/benchmark-on-device.ts')).benchmarkOnDevice,
);
export const bench = defer(async () => (await import('./run/bench/bench.ts')).bench);
export const changeMeasurement = defer(
  async () => (await import('./run/results/phone/keep-measurement.ts')).changeMeasurement,
);
export const compress = defer(async () => (await import('./run/compress.ts')).compress);
export const countLostRuns = defer(async () => (await import('./run/book/runs.ts')).countLostRuns);
export const deleteRun = defer(async () => (await import('./run/book/runs.ts')).deleteRun);
export const demo = defer(async () => (await import('./run/demo.ts')).demo);
export const doctor = defer(async () => (await import('./run/doctor/doctor.ts')).doctor);
export const downloadWeights = defer(async () => (await import('./run/begin/weights.ts')).downloadWeights);
export const evaluateModel = defer(async () => (await import('./run/results/evaluate.ts')).evaluateModel);
export const exportAll = defer(async () => (await import('./run/results/export-all.ts')).exportAll);
export const exportAllInThread = defer(
  async () => (await import('./run/results/export-in-thread.ts')).exportAllInThread,
);
export const exportInThread = defer(async () => (await import('./run/results/export-in-thread.ts')).exportInThread);
export const exportRun = defer(async () => (await import('./run/results/export-run.ts')).exportRun);
export const forgetLatencyTable = defer(
  async () => (await import('./run/latency/latency-tables.ts')).forgetLatencyTable,
);
export const inspect = defer(async () => (await import('./run/begin/inspect.ts')).inspect);
export const judgeAnswer = defer(async () => (await import('./run/results/phone/judge-answer.ts')).judgeAnswer);
export const keepMeasurement = defer(
  async () => (await import('./run/results/phone/keep-measurement.ts')).keepMeasurement,
);
export const keepPhoneMeasurement = defer(
  async () => (await import('./run/results/phone/keep-measurement.ts')).keepPhoneMeasurement,
);
export const listLatencyTables = defer(async () => (await import('./run/latency/latency-tables.ts')).listLatencyTables);
export const takeLatencyTable = defer(async () => (await import('./run/latency/latency-tables.ts')).takeLatencyTable);
export const returnLatencyTable = defer(
  async () => (await import('./run/latency/latency-tables.ts')).returnLatencyTable,
);
export const measureLatency = defer(async () => (await import('./run/latency/measure-latency.ts')).measureLatency);
export const listPhoneExports = defer(
  async () => (await import('./run/results/phone/phone-exports.ts')).listPhoneExports,
);
export const listWeights = defer(async () => (await import('./run/begin/weights.ts')).listWeights);
export const listRuns = defer(async () => (await import('./run/book/runs.ts')).listRuns);
export const openRunBook = defer(async () => (await import('./run/book/run-book.ts')).openRunBook);
export const openStore = defer(async () => (await import('./store/store.ts')).openStore);
export const preparePhoneJob = defer(
  async () => (await import('./run/results/phone/prepare-in-thread.ts')).preparePhoneJobInThread,
);
export const repairStore = defer(async () => (await import('./run/doctor/repair-store.ts')).repairStore);
export const removeWeights = defer(async () => (await import('./run/begin/weights.ts')).removeWeights);
export const openWorkbench = defer(async () => (await import('./run/workbench/workbench.ts')).openWorkbench);
export const showRun = defer(async () => (await import('./run/book/runs.ts')).showRun);
export const sweep = defer(async () => (await import('./run/jobs/sweep.ts')).sweep);
export const work = defer(async () => (await import('./run/jobs/work.ts')).work);
export const writeReport = defer(async () => (await import('./run/results/write-report.ts')).writeReport);

/** Loads the library for images, which a process's main thread must load before any other; then threads may `compress`. */
export async function prepareForThreads(): Promise<void> {
  await import('./data/index.ts');
}

/** A function that loads the one behind it when it is called. */
function defer<Args extends unknown[], Result>(
  load: () => Promise<(...args: Args) => Result | Promise<Result>>,
): (...args: Args) => Promise<Result> {
  return async (...args) => (await load())(...args);
}
