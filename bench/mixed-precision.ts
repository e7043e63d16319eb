/**
 * Trains the same students in f32 and in mixed precision and compares their retention, the share of the teacher's top-1 that
 * they keep: mixed precision may cost half a point. Prints a line a seed on stderr and JSON on stdout; exit status 1
 * when the goal is missed, 2 where there is no 16-bit arithmetic.
 *
 *     node bench/mixed-precision.ts [--backend webgpu|simd] [--emulate] [--seeds 5] [--epochs 16] [--train 240] [--test 500]
 *                                   [--size 24] [--batch 32] [--width 0.5] [--classes 4]
 *
 * `--train` and `--test` are drawn pictures a class. Teacher and student see the same batches in both; all figures are taken
 * in f32. The difference between two runs is mostly chance, the more so the less they have learnt: its standard error is told,
 * and more seeds make it smaller.
 * `--emulate` rounds to 16 bits by arithmetic where the card cannot, at no gain in speed; `simd` computes in mixed precision
 * with it alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BackendName, type Precision, startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { DecantError } from '../electron/engine/core/errors.ts';
import { Random } from '../electron/engine/core/random.ts';
import { batches, countBatches, drawDataset, openDataset, preparePixels } from '../electron/engine/data/index.ts';
import { choosePairs, type FeaturePair } from '../electron/engine/distill/index.ts';
import { evaluate } from '../electron/engine/measure/index.ts';
import {
  type Architecture,
  buildNetwork,
  initializeWeights,
  type Network,
  type Weights,
} from '../electron/engine/model/index.ts';
import { openNetworkTeacher } from '../electron/engine/teacher/index.ts';
import { LEARNING_RATES, scaleLearningRate, startState, Trainer } from '../electron/engine/train/index.ts';
import { CHOSEN_RATES, recipeSchema } from '../shared/run/recipe.ts';

/** The most that mixed precision may cost, in points of retention. */
const LARGEST_LOSS = 0.5;

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'webgpu' },
    emulate: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '16' },
    train: { type: 'string', default: '240' },
    test: { type: 'string', default: '500' },
    size: { type: 'string', default: '24' },
    batch: { type: 'string', default: '32' },
    width: { type: 'string', default: '0.5' },
    classes: { type: 'string', default: '4' },
  },
});
const [seeds, epochs, size, batch] = [values.seeds, values.epochs, values.size, values.batch].map(Number) as [
  number,
  number,
  number,
  number,
];
// startCompute refuses a name that it does not know.
const backend = values.backend as BackendName | 'auto';
const start = (precision: Precision) => startCompute({ backend, precision, emulateHalf: values.emulate });

const { device, precision, reason } = await start('mixed').catch((error: unknown) => {
  if (error instanceof DecantError) return nothingToCompare(error.message);
  throw error;
});
if (precision !== 'mixed') nothingToCompare(`There is nothing to compare on ${device}: ${reason}.`);

const folder = await mkdtemp(join(tmpdir(), 'decant-mixed-'));
process.once('exit', () => void rm(folder, { recursive: true, force: true }));
await drawDataset(join(folder, 'drawn'), {
  classes: Number(values.classes),
  trainPerClass: Number(values.train),
  testPerClass: Number(values.test),
  size,
  seed: 1,
});
const dataset = await openDataset(join(folder, 'drawn'));
const cache = await preparePixels(dataset, { inputSize: size, cacheFolder: join(folder, 'cache') });
const classes = dataset.classes.length;
const indicesOf = (split: 'train' | 'test') =>
  cache.readable(dataset.images.flatMap((image, index) => (image.split === split ? [index] : [])));
const [training, testing] = [indicesOf('train'), indicesOf('test')];
const { train: trainRecipe, data: dataRecipe, distill } = recipeSchema.parse({});
const perEpoch = countBatches(training.length, batch, true);

const results: { seed: number; teacher: number; f32: Trained; mixed: Trained; loss_points: number }[] = [];
for (let seed = 1; seed <= seeds; seed++) {
  const random = new Random(seed);
  const network = build('mobilenet-v3-small');
  const { weights, top1: teacher } = await train('f32', network, random.fork('teacher'));
  const student = build('mobilenet-v2');
  const pairs = choosePairs(network, student, distill);
  const taught = { model: { network, weights }, pairs };
  const run = async (precision: Precision): Promise<Trained> => {
    const { weights: _, ...trained } = await train(precision, student, random.fork('student'), taught);
    return trained;
  };
  const [f32, mixed] = [await run('f32'), await run('mixed')];
  const lossPoints = (100 * (f32.top1 - mixed.top1)) / teacher;
  results.push({ seed, teacher, f32, mixed, loss_points: Number(lossPoints.toFixed(3)) });
  process.stderr.write(
    `seed ${seed}: teacher ${percent(teacher)}, student ${percent(f32.top1)} in f32, ${percent(mixed.top1)} in mixed precision (${mixed.skippedSteps} steps left out, scale ${mixed.lossScale})\n`,
  );
}
await cache.close();
await stopCompute();

const learnt = results.reduce((sum, { f32 }) => sum + f32.top1, 0) / seeds;
if (learnt < 2 / classes)
  nothingToCompare(`Students guess (${percent(learnt)} of ${classes} classes): give them more --epochs.`);

const losses = results.map((result) => result.loss_points);
const mean = losses.reduce((sum, loss) => sum + loss, 0) / seeds;
const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / Math.max(1, seeds - 1));
const met = mean <= LARGEST_LOSS;
const error = seeds > 1 ? Number((deviation / Math.sqrt(seeds)).toFixed(3)) : null;
process.stderr.write(
  `mixed precision costs ${mean.toFixed(2)} points of retention (standard error ${error ?? 'unknown'}), ${LARGEST_LOSS} allowed: ${met ? 'met' : 'missed'}\n`,
);
const summary = { loss_points: Number(mean.toFixed(3)), standard_error: error, goal: LARGEST_LOSS, met };
process.stdout.write(`${JSON.stringify({ what: 'mixed-precision', device, precision, ...summary, results })}\n`);
process.exit(met ? 0 : 1);

interface Trained {
  /** Of the test pictures, in f32. */
  top1: number;
  skippedSteps: number;
  /** At the end; null in f32. */
  lossScale: number | null;
}

function build(architecture: Architecture): Network {
  return buildNetwork({ architecture, width: Number(values.width), classes, inputSize: [size, size], stemStride: 1 });
}

/** Trains from the start: the same generator gives the same first weights and batches in either precision. */
async function train(
  precision: Precision,
  network: Network,
  random: Random,
  taught?: { model: { network: Network; weights: Weights }; pairs: FeaturePair[] },
) {
  const taps = taught?.pairs.map((pair) => pair.teacher) ?? [];
  const distillation = taught && {
    teacher: openNetworkTeacher(taught.model, taps),
    settings: distill,
    pairs: taught.pairs,
  };
  await start(precision);
  const peak = scaleLearningRate(CHOSEN_RATES.sgd.scratch, batch);
  const { warmUp } = trainRecipe.optimizer;
  const trainer = new Trainer({
    state: startState(network, initializeWeights(network, random.fork('weights'))),
    distillation,
    labelSmoothing: trainRecipe.labelSmoothing,
    optimizer: trainRecipe.optimizer,
    learningRate: (step) => LEARNING_RATES.cosine(step, epochs * perEpoch, { peak, warmUp }),
    lossScaling: precision === 'mixed' ? {} : undefined,
    random: random.fork('trainer'),
    stage: precision,
  });
  let skippedSteps = 0;
  let lossScale: number | null = null;
  const { augmentation } = dataRecipe;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const shuffled = {
      classes,
      augmentation,
      random: random.fork('batches'),
      epoch,
      shuffle: true,
      dropRemainder: true,
    };
    const result = await trainer.train(batches(cache, training, { batch, ...shuffled }), { epoch, epochs });
    skippedSteps += result.skippedSteps;
    lossScale = result.lossScale;
  }
  const { weights } = await trainer.exportState();
  trainer.dispose();
  await distillation?.teacher.close();
  await start('f32');
  const pictures = { batch, classes, augmentation: null, random, epoch: 0, shuffle: false };
  const { top1 } = await evaluate({ network, weights, batches: batches(cache, testing, pictures) });
  return { weights, top1, skippedSteps, lossScale };
}

function nothingToCompare(why: string): never {
  process.stderr.write(`${why}\n`);
  process.stdout.write(`${JSON.stringify({ what: 'mixed-precision', met: null, reason: why })}\n`);
  process.exit(2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
