import type { RunPlan } from '../../../../../shared/ipc/topics/runs.ts';
import { resolveClipNorm } from '../../../../../shared/run/clip-norm.ts';
import { learnsFromLabelsAlone } from '../../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import { type BackendName, computePrecision, startCompute, stopCompute } from '../../../compute/index.ts';
import { systemClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { countNetwork, initializeWeights, type Network, type Weights } from '../../../model/index.ts';
import type { Teacher } from '../../../teacher/index.ts';
import { type Distillation, startState, Trainer } from '../../../train/index.ts';
import { describeModel } from '../../context/models.ts';
import { drawBatch } from '../../context/noise-batch.ts';
import { distilFrom, openFileTeacher, openOwnTeacher } from '../../teacher/run-teacher.ts';
import { stepMacs, type WorkloadFacts } from '../../training/workload.ts';
import type { Speeds } from './estimate-time.ts';

export interface EstimateOptions {
  readonly recipe: Recipe;
  readonly classes: number;
  readonly images: NonNullable<RunPlan['images']>;
  readonly backend: 'auto' | BackendName;
  readonly threads: number | null;
}

/** Steps are timed for so long, after one that prepares kernels. */
const TIMED_MS = 1500;
const [FEWEST_STEPS, MOST_STEPS] = [2, 20];

/** Times real steps of a recipe's networks. Starts the back end and ends it. */
export async function measureSpeeds(options: EstimateOptions, { signal }: { signal: AbortSignal }): Promise<Speeds> {
  const { recipe, classes, images, backend } = options;
  const threads = options.threads ?? undefined;
  const precision = recipe.train.precision === 'f32' ? 'f32' : 'mixed';
  const compute = await startCompute({ backend, threads, precision });
  let fileTeacher: Teacher | null = null;
  try {
    const networks = {
      teacher: describeModel(recipe, 'teacher', classes),
      student: describeModel(recipe, 'student', classes),
    };
    fileTeacher = await openFileTeacher({ recipe, classes: null, student: networks.student, kept: null });
    const batch = Math.min(recipe.train.batch, images.train);
    const facts: WorkloadFacts = {
      recipe,
      teacher: fileTeacher?.description ?? countNetwork(networks.teacher),
      student: networks.student,
      batch,
      images,
    };
    const time = (network: Network, distillation?: Distillation) =>
      timeStep(network, { recipe, batch, signal, distillation, images: images.train });
    // One in a file is not trained.
    const trained = fileTeacher ? null : await time(networks.teacher);
    const model = trained && { network: networks.teacher, weights: trained.weights };
    const teacher = model ? openOwnTeacher(recipe, model, networks.student) : fileTeacher!;
    const distils = !learnsFromLabelsAlone(recipe.distill);
    const { stepMs: studentMs } = await time(
      networks.student,
      distils ? distilFrom(teacher, recipe, networks.student) : undefined,
    );
    if (model) await teacher.close();
    const student = studentMs / (batch * stepMacs(facts, 'student'));
    const teacherSpeed = trained ? trained.stepMs / (batch * stepMacs(facts, 'teacher')) : student;
    return { teacher: teacherSpeed, student, backend: compute.backend };
  } finally {
    await fileTeacher?.close();
    await stopCompute();
  }
}

/** Median time of a step of a network's training, as the recipe has it, on images that are noise, and what it trained. */
async function timeStep(
  network: Network,
  {
    recipe,
    batch,
    signal,
    distillation,
    images: count,
  }: { recipe: Recipe; batch: number; signal: AbortSignal; distillation: Distillation | undefined; images: number },
): Promise<{ stepMs: number; weights: Weights }> {
  const random = new Random('estimate').fork(distillation ? 'student' : 'teacher');
  const trainer = new Trainer({
    state: startState(network, initializeWeights(network, random.fork('weights'))),
    distillation,
    classCounts: new Float32Array(network.classes).fill(count / network.classes),
    images: count,
    labelSmoothing: recipe.train.labelSmoothing,
    optimizer: {
      ...recipe.train.optimizer,
      clipNorm: resolveClipNorm(recipe.train.optimizer, distillation ? recipe.distill : null),
    },
    learningRate: () => 1e-6,
    lossScaling: computePrecision() === 'mixed' ? {} : undefined,
    random,
    stage: 'estimate',
  });
  try {
    const shape = { size: recipe.data.inputSize, classes: network.classes, random };
    const own = drawBatch({ ...shape, batch });
    const others = drawBatch({ ...shape, batch: Math.max(1, Math.round(recipe.distill.unlabelled.share * batch)) });
    const images = { ...own, secondView: own.images, unlabelled: others }; // Methods look at what they need.
    const timesMs: number[] = [];
    const step = async () => {
      signal.throwIfAborted();
      const startedAt = systemClock.elapsedMs();
      await trainer.train([images], { epoch: 0, epochs: 1 });
      return systemClock.elapsedMs() - startedAt;
    };
    await step();
    for (let spent = 0; timesMs.length < FEWEST_STEPS || (spent < TIMED_MS && timesMs.length < MOST_STEPS); ) {
      const ms = await step();
      timesMs.push(ms);
      spent += ms;
    }
    // So that a teacher's features have the size that a trained one's have.
    await trainer.recalibrate([images]);
    const { weights } = await trainer.exportState();
    return { stepMs: timesMs.sort((a, b) => a - b)[timesMs.length >> 1]!, weights };
  } finally {
    trainer.dispose();
  }
}
