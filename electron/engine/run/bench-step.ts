import * as tf from '@tensorflow/tfjs-core';
import {
  type BackendName,
  type ComputeOptions,
  differentiate,
  type KernelTime,
  startCompute,
  startProfile,
  updateSgd,
} from '../compute/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { Adapters, crossEntropy, featureLoss, softenedDivergence } from '../distill/index.ts';
import {
  type Architecture,
  buildNetwork,
  featureShapes,
  foldBatchNorm,
  forward,
  initializeWeights,
  type Network,
  Parameters,
  updateStatistics,
} from '../model/index.ts';

export interface BenchStepOptions extends ComputeOptions {
  /** Height and width of the images, pixels. */
  readonly size: number;
  readonly batch: number;
  readonly classes?: number;
  /** Timed steps; the result is their median. */
  readonly steps?: number;
  readonly warmUpSteps?: number;
  /** Also time every kernel over the timed steps, which slows them a little. */
  readonly profile?: boolean;
  readonly clock?: Clock;
}

export interface BenchStepResult {
  readonly what: 'decant';
  readonly backend: BackendName;
  readonly threads: number;
  readonly size: number;
  readonly batch: number;
  readonly step_ms: number;
  readonly images_per_s: number;
  /** Per step, longest first; only with `profile`. */
  readonly kernels?: KernelTime[];
}

const TEMPERATURE = 4;

/**
 * Times one distillation step, with images in memory: MobileNetV3-Large teacher forward, MobileNetV2 student forward and
 * backward, cross-entropy + softened KL + one pair of feature maps (the last blocks', 320 to 160 channels) through an
 * adapter, SGD with momentum. Architectures are torchvision's at their default strides, so that the same step can be
 * timed in PyTorch. Starts the back end and leaves it active. Throws as `startCompute`.
 */
export async function benchStep({
  size,
  batch,
  classes = 10,
  steps = 10,
  warmUpSteps = 3,
  profile = false,
  clock = systemClock,
  ...compute
}: BenchStepOptions): Promise<BenchStepResult> {
  const { backend, threads } = await startCompute(compute);
  const step = prepareStep({ size, batch, classes });
  try {
    for (let i = 0; i < warmUpSteps; i++) await step.run();
    const profiler = profile ? startProfile() : undefined;
    const timesMs: number[] = [];
    for (let i = 0; i < steps; i++) {
      const startedAt = clock.elapsedMs();
      await step.run();
      timesMs.push(clock.elapsedMs() - startedAt);
    }
    const kernels = profiler?.stop().map((time) => ({ ...time, ...perStep(time, steps) }));
    const stepMs = median(timesMs);
    const speed = { step_ms: round(stepMs, 2), images_per_s: round((batch * 1000) / stepMs, 1) };
    return { what: 'decant', backend, threads, size, batch, ...speed, ...(kernels && { kernels }) };
  } finally {
    step.dispose();
  }
}

/** One distillation step that can be run again and again. */
export function prepareStep({ size, batch, classes }: { size: number; batch: number; classes: number }) {
  const random = new Random('bench-step');
  const teacher = makeTeacher(size, classes, random);
  const { network: student, parameters } = makeModel('mobilenet-v2', size, classes, random);
  const pair = { student: lastBlock(student, 320), teacher: lastBlock(teacher.network, 160) };
  const adapters = Adapters.create([{ ...pair, studentChannels: 320, teacherChannels: 160 }], { random });
  const trained = [...parameters.trainable, ...adapters.variables.values()];
  const velocities = trained.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));

  const draw = Float32Array.from({ length: batch * size * size * 3 }, () => random.normal());
  const images = tf.tensor4d(draw, [batch, size, size, 3]);
  const labels = Array.from({ length: batch }, () => random.integer(classes));
  const targets = tf.tidy(() => tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D);
  const rates = { learningRate: 0.01, momentum: 0.9, nesterov: false, weightDecay: 1e-4 };

  function update(): tf.Scalar {
    return tf.tidy(() => {
      const taught = forward(teacher.network, teacher.parameters, images, { training: false, taps: [pair.teacher] });
      const { value, gradients } = differentiate(() => {
        const output = forward(student, parameters, images, { training: true, taps: [pair.student] });
        const adapted = adapters.adapt(pair, output.taps.get(pair.student) as tf.Tensor4D);
        const loss = tf.addN([
          crossEntropy(output.logits, targets),
          softenedDivergence(output.logits, taught.logits, { temperature: TEMPERATURE }),
          featureLoss(adapted, taught.taps.get(pair.teacher) as tf.Tensor4D),
        ]);
        updateStatistics(parameters, output.statistics);
        return loss;
      }, trained);
      for (const [i, parameter] of trained.entries()) {
        updateSgd({ parameter, gradient: gradients[i]!, velocity: velocities[i]!, ...rates });
      }
      return value;
    });
  }

  return {
    /** Runs the step, waits for the device and returns the loss. */
    async run(): Promise<number> {
      const loss = update();
      const [value] = await loss.data();
      loss.dispose();
      return value!;
    },
    dispose(): void {
      tf.dispose([images, targets, ...velocities]);
      for (const holder of [teacher.parameters, parameters, adapters]) holder.dispose();
    },
  };
}

function makeModel(architecture: Architecture, size: number, classes: number, random: Random) {
  const network = buildNetwork({ architecture, width: 1, classes, inputSize: [size, size], stemStride: 2 });
  const weights = initializeWeights(network, random.fork(architecture));
  return { network, weights, parameters: Parameters.fromWeights(network, weights) };
}

/** In evaluation mode, with batch norm folded into the convolutions. */
function makeTeacher(size: number, classes: number, random: Random) {
  const { network, weights, parameters } = makeModel('mobilenet-v3-large', size, classes, random);
  parameters.dispose();
  const folded = foldBatchNorm(network, weights);
  return { network: folded.network, parameters: Parameters.fromWeights(folded.network, folded.weights) };
}

/** Name of the last node whose feature map has this many channels. */
function lastBlock(network: Network, channels: number): string {
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
