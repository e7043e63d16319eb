import type { ModelReport, Report } from '../../../../shared/run/report.ts';
import { mapRoles, ROLE_NAMES, type Role } from '../../../../shared/run/roles.ts';
import { choosePairs } from '../../distill/index.ts';
import { EXPORTERS } from '../../export/index.ts';
import {
  ckaMatrix,
  countPairs,
  describeOnnxRuntime,
  type Evaluation,
  type Latency,
  measureLatency,
  percentile,
} from '../../measure/index.ts';
import { countNetwork } from '../../model/index.ts';
import { saveArtifact } from '../../store/index.ts';
import type { Teacher } from '../../teacher/index.ts';
import { spread } from '../context/batches.ts';
import { evaluateNetwork } from '../context/inference.ts';
import { encodeLikeness, LIKENESS } from '../context/likeness-file.ts';
import type { Model } from '../context/models.ts';
import { encodePredictions, PREDICTIONS } from '../context/predictions-file.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import type { TrainedModels } from '../context/trained-models.ts';
import { listCompared } from '../teacher/run-teacher.ts';
import { type NetworkConfidence, readImages, type TestedNetwork, testNetwork } from './test-network.ts';

/** Untimed questions before the timed ones. */
const WARM_UP = 10;

export interface Measurements {
  /** Null for a model that was not trained. */
  readonly evaluations: Record<Role, Evaluation | null>;
  /** Null for a model that was not trained, or without validation images. */
  readonly confidence: Record<Role, NetworkConfidence | null>;
  readonly models: Record<Role, ModelReport>;
  readonly alone: Report['alone'];
  readonly cka: Report['cka'];
  /** What computed the evaluations of the networks. */
  readonly runtime: string;
}

/**
 * Measures all models on the test split, which nothing before has looked at, and times them in turn. What they said of
 * each image is kept with the run.
 */
export async function measureModels(
  context: RunContext,
  data: PreparedData,
  models: TrainedModels,
): Promise<Measurements> {
  const { recipe } = context;
  const likeness = { likeness: true };
  const tested: Readonly<Record<Role, TestedNetwork | null>> = {
    teacher: await testNetwork(context, data, models.teacher, likeness),
    baseline: models.baseline.trained ? await testNetwork(context, data, models.baseline, { likeness: false }) : null,
    student: await testNetwork(context, data, models.student, likeness),
  };
  const evaluations = mapRoles((role) => tested[role]?.evaluation ?? null);
  const confidence = mapRoles((role) => tested[role]?.confidence ?? null);
  await savePredictions(context, data, { evaluations, confidence });
  const networks: Readonly<Record<Role, Model | null>> = { ...models, teacher: models.teacher.model };
  const files = ROLE_NAMES.flatMap((name) => {
    const model = networks[name];
    if (!model) return [];
    const temperature = confidence[name]?.temperature ?? null; // As the exported file says it, to the byte.
    return [{ name, model, onnx: EXPORTERS.onnx.write({ ...model, classes: data.classes, temperature }) }];
  });
  const latencies = await measureLatency(files, {
    runs: recipe.measure.latencyRuns,
    threads: recipe.measure.latencyThreads,
    signal: context.signal,
  });
  const { teacher } = models;
  const answered = teacher.model ? null : await describeAnswers(context, teacher, evaluations.teacher);
  const describe = (role: Role): ModelReport => {
    const file = files.find(({ name }) => name === role);
    if (!file) return answered!; // Only a teacher may have no network of ours.
    const latency = latencies.find(({ name }) => name === role)!;
    return describeMeasured(file.model, evaluations[role], latency, file.onnx.byteLength);
  };
  return {
    evaluations,
    confidence,
    models: mapRoles(describe),
    alone: evaluations.baseline && (await measureAlone(context, data, models.alone, evaluations.baseline)),
    cka: await compareFeatures(context, data, models),
    runtime: tested.student!.runtime, // The student is always trained.
  };
}

/** Compares the student that had no teacher with the baseline, image by image. */
async function measureAlone(
  context: RunContext,
  data: PreparedData,
  alone: Model | null,
  baseline: Evaluation,
): Promise<Report['alone']> {
  if (!alone) return null;
  const { top1, top5, predictions } = await evaluateNetwork(alone, readImages(context, data, data.splits.test));
  const { both, onlyA, onlyB, neither } = countPairs(baseline.predictions, predictions);
  return { top1, top5, images: { both, onlyTaught: onlyA, onlyAlone: onlyB, neither } };
}

async function savePredictions(
  { store, id, clock }: RunContext,
  { paths }: PreparedData,
  { evaluations, confidence }: Pick<Measurements, 'evaluations' | 'confidence'>,
): Promise<void> {
  const { indices, labels } = evaluations.student!.predictions; // The student is always trained.
  const content = encodePredictions({
    indices,
    labels,
    paths: Array.from(indices, (index) => paths[index]!),
    models: mapRoles((role) => {
      const said = evaluations[role]?.predictions;
      const figures = confidence[role]?.figures;
      return said ? { ...said, calibrated: figures?.probabilities ?? null, unlike: figures?.unlike ?? null } : null;
    }),
  });
  await saveArtifact(store, id, { name: PREDICTIONS, content }, { nowMs: clock.now() });
  const [teacher, student] = [confidence.teacher?.likeness ?? null, confidence.student?.likeness ?? null];
  const likeness = encodeLikeness({ teacher, student });
  await saveArtifact(store, id, { name: LIKENESS, content: likeness }, { nowMs: clock.now() });
}

function describeMeasured(
  { network }: Model,
  evaluation: Evaluation | null,
  { latencyMs, fps, runtime }: Latency,
  bytes: number,
): ModelReport {
  const { parameters, macs, flops } = countNetwork(network);
  return {
    architecture: network.architecture,
    inputSize: network.inputSize[0],
    parameters,
    macs,
    flops,
    bytes,
    top1: evaluation?.top1 ?? null,
    top5: evaluation?.top5 ?? null,
    latencyMs,
    fps,
    runtime,
  };
}

/** A teacher in a file, timed as it is asked: image by image, the preparation of the image included. */
async function describeAnswers(
  { recipe, clock, signal }: RunContext,
  teacher: Teacher,
  evaluation: Evaluation | null,
): Promise<ModelReport> {
  const size = recipe.data.inputSize;
  const images = new Float32Array(size * size * 3);
  const times: number[] = [];
  for (let run = -WARM_UP; run < recipe.measure.latencyRuns; run++) {
    signal.throwIfAborted();
    const startedAt = clock.elapsedMs();
    await teacher.answer({ images, size: 1 });
    if (run >= 0) times.push(clock.elapsedMs() - startedAt);
  }
  const latencyMs = { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
  const { parameters, name, inputSize, sizeBytes: bytes, ...counted } = teacher.description;
  const macs = Math.max(1, counted.macs); // Shares of it are told.
  return {
    architecture: name,
    inputSize: inputSize[0],
    parameters,
    macs,
    flops: 2 * macs,
    bytes,
    top1: evaluation?.top1 ?? null,
    top5: evaluation?.top5 ?? null,
    latencyMs,
    fps: 1000 / latencyMs.p50,
    runtime: describeOnnxRuntime(0),
  };
}

/** CKA of the last block's output at every stride and of what was compared, each of the teacher's with each of the student's. */
async function compareFeatures(
  context: RunContext,
  data: PreparedData,
  { teacher: { model: teacher }, student }: TrainedModels,
): Promise<Report['cka']> {
  const { measure } = context.recipe;
  if (!teacher) return []; // Its features are known by name only where they are distilled.
  const distilled = listCompared(context.recipe, teacher.network, student.network);
  const levels = choosePairs(teacher.network, student.network, { pairs: null, levels: 8 });
  const teacherTaps = new Set([...levels, ...distilled].map((pair) => pair.teacher));
  const studentTaps = new Set([...levels, ...distilled].map((pair) => pair.student));
  // The minibatch estimator is one of the whole set only if each batch is a random draw from it, classes mixed.
  const images = context.random.fork('cka').shuffle(spread(data.splits.test, measure.ckaImages).slice());
  const values = await ckaMatrix({
    teacher,
    student,
    pairs: [...teacherTaps].flatMap((a) => [...studentTaps].map((b) => [a, b] as const)),
    batches: readImages(context, data, images),
  });
  return values.flatMap(({ teacher: a, student: b, value }) =>
    value === null
      ? []
      : {
          teacher: a,
          student: b,
          value,
          distilled: distilled.some((pair) => pair.teacher === a && pair.student === b),
        },
  );
}
