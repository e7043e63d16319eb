import { recipeSchema } from '../../../../shared/run/recipe.ts';
import {
  type BackendName,
  type ComputeOptions,
  computePrecision,
  type KernelTime,
  startCompute,
  startProfile,
} from '../../compute/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { choosePairs } from '../../distill/index.ts';
import { type Architecture, buildNetwork, featureShapes, initializeWeights, type Network } from '../../model/index.ts';
import { openNetworkTeacher } from '../../teacher/index.ts';
import { startState, Trainer } from '../../train/index.ts';
import { drawBatch } from '../context/noise-batch.ts';

export interface BenchStepOptions extends ComputeOptions {
  /** Height and width of the images, pixels. */
  readonly size: number;
  readonly batch: number;
  /** Which step: distillation (default), or the teacher's training from labels alone. */
  readonly what?: BenchedStep;
  /** Stride of both networks' first convolution; 2, torchvision's, unless said otherwise. */
  readonly stemStride?: 1 | 2;
  readonly classes?: number;
  /** Timed steps; the result is their median. */
  readonly steps?: number;
  readonly warmUpSteps?: number;
  /** Also time every kernel over the timed steps, which slows them a little. */
  readonly profile?: boolean;
  readonly clock?: Clock;
}

export type BenchedStep = 'distill' | 'teacher';

export interface BenchStepResult {
  readonly what: 'decant';
  readonly step: BenchedStep;
  readonly stem_stride: number;
  readonly backend: BackendName;
  readonly threads: number;
  readonly size: number;
  readonly batch: number;
  readonly step_ms: number;
  readonly images_per_s: number;
  /** Per step, longest first; only with `profile`. */
  readonly kernels?: KernelTime[];
}

/**
 * Times one step of the trainer, with images in memory. Distillation is MobileNetV3-Large teacher forward, MobileNetV2
 * student forward and backward, cross-entropy + softened KL at temperature 4 + one pair of feature maps (the last
 * blocks', 320 to 160 channels) through an adapter, SGD with momentum; `teacher` trains MobileNetV3-Large by
 * cross-entropy. Architectures are torchvision's, so that the same step can be timed in PyTorch. Starts the back end
 * and leaves it active. Throws as `startCompute`.
 */
export async function benchStep(options: BenchStepOptions): Promise<BenchStepResult> {
  const { backend, threads } = await startCompute(options);
  const { what = 'distill', stemStride = 2, size, batch } = options;
  const { kernels, ...speed } = await timeStep(options);
  const shape = { step: what, stem_stride: stemStride, backend, threads, size, batch };
  return { what: 'decant', ...shape, ...speed, ...(kernels && { kernels }) };
}

/** The same on the back end that is active. Throws as `Trainer.train`. */
export async function timeStep({
  size,
  batch,
  what = 'distill',
  stemStride = 2,
  classes = 10,
  steps = 10,
  warmUpSteps = 3,
  profile = false,
  clock = systemClock,
}: Omit<BenchStepOptions, keyof ComputeOptions>): Promise<
  Pick<BenchStepResult, 'step_ms' | 'images_per_s' | 'kernels'>
> {
  const random = new Random('bench-step');
  const trainer = openBenchTrainer({ size, what, stemStride, classes, random });
  const images = drawBatch({ size, batch, classes, random });
  // Training ends with a reading of the loss, which waits for the device.
  const step = () => trainer.train([images], { epoch: 0, epochs: 1 });
  try {
    for (let i = 0; i < warmUpSteps; i++) await step();
    const profiler = profile ? startProfile() : undefined;
    const timesMs: number[] = [];
    for (let i = 0; i < steps; i++) {
      const startedAt = clock.elapsedMs();
      await step();
      timesMs.push(clock.elapsedMs() - startedAt);
    }
    const kernels = profiler?.stop().map((time) => ({ ...time, ...perStep(time, steps) }));
    const stepMs = median(timesMs);
    const speed = { step_ms: round(stepMs, 2), images_per_s: round((batch * 1000) / stepMs, 1) };
    return { ...speed, ...(kernels && { kernels }) };
  } finally {
    trainer.dispose();
  }
}

/** A trainer whose step is that of the benchmark, on the active back end. The caller disposes it. */
export function openBenchTrainer({
  size,
  what = 'distill',
  stemStride = 2,
  classes,
  random,
  clock,
}: {
  size: number;
  what?: BenchedStep;
  stemStride?: 1 | 2;
  classes: number;
  random: Random;
  clock?: Clock;
}): Trainer {
  const build = (architecture: Architecture): Network =>
    buildNetwork({ architecture, width: 1, classes, inputSize: [size, size], stemStride });
  const [teacher, student] = [build('mobilenet-v3-large'), build('mobilenet-v2')];
  const trained = what === 'teacher' ? teacher : student;
  const { train, distill } = recipeSchema.parse({
    train: { optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 } },
    distill: {
      crossEntropy: { weight: 1 },
      logits: { weight: 1, temperature: 4 },
      features: { weight: 1, scale: 'absolute' },
      reviewkd: { weight: 0 },
      pairs: [[lastMap(teacher, 160), lastMap(student, 320)]],
    },
  });
  const pairs = choosePairs(teacher, student, distill);
  const weights = initializeWeights(teacher, random.fork('teacher'));
  return new Trainer({
    state: startState(trained, initializeWeights(trained, random.fork('student'))),
    distillation:
      what === 'teacher'
        ? undefined
        : {
            teacher: openNetworkTeacher(
              { network: teacher, weights },
              pairs.map((pair) => pair.teacher),
            ),
            settings: distill,
            pairs,
          },
    labelSmoothing: 0,
    optimizer: train.optimizer,
    learningRate: () => 0.01,
    lossScaling: computePrecision() === 'mixed' ? {} : undefined,
    random,
    clock,
    stage: 'benchmark',
  });
}

/** Name of the last node whose feature map has this many channels. */
function lastMap(network: Network, channels: number): string {
  const shapes = featureShapes(network);
  return network.nodes.findLast(({ name }) => shapes.get(name)?.[2] === channels)!.name;
}

function perStep({ calls, elapsedMs }: KernelTime, steps: number) {
  return { calls: calls / steps, elapsedMs: round(elapsedMs / steps, 3) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
