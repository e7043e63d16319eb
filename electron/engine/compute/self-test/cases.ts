import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { ACTIVATIONS, type Activation } from '../activation.ts';
import { activate } from '../operations/activate.ts';
import { batchNormInference, batchNormTraining } from '../operations/batch-norm.ts';
import { globalAveragePool, scaleChannels } from '../operations/channels.ts';
import { conv2d } from '../operations/conv2d.ts';
import { dense } from '../operations/dense.ts';
import { depthwiseConv2d } from '../operations/depthwise-conv2d.ts';
import { sumOfSquares, updateAdamW, updateEma, updateSgd } from '../operations/update.ts';
import * as reference from './reference.ts';

/** One number list of a back end (a tensor that the receiver disposes) beside what it should be. */
export interface Comparison {
  readonly what: string;
  readonly actual: tf.Tensor;
  readonly expected: ArrayLike<number>;
}

export interface SelfTestCase {
  readonly name: string;
  run(random: Random): Comparison[];
}

type Shape = readonly number[];

/** Random numbers as the back end and as the reference see them. */
function draw(random: Random, shape: Shape, { mean = 0, deviation = 1 } = {}) {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = mean + deviation * random.normal();
  return { shape, values, exact: Float64Array.from(values) };
}
type Drawn = ReturnType<typeof draw>;

/**
 * The result of `operation` and its gradients for the upstream gradient `dy`, on the active back end. Inputs are copied,
 * since a back end may own what it is given.
 */
function compute(inputs: readonly Drawn[], dy: Drawn, operation: (...tensors: tf.Tensor[]) => tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    const tensors = inputs.map(({ values, shape }) => tf.tensor(values.slice(), [...shape]));
    const upstream = tf.tensor(dy.values.slice(), [...dy.shape]);
    let y: tf.Tensor | undefined;
    const gradients = tf.grads((...xs: tf.Tensor[]) => {
      const result = operation(...xs);
      y = tf.keep(tf.clone(result));
      return result;
    })(tensors, upstream);
    return [y!, ...gradients];
  });
}

function pair(
  names: readonly string[],
  actual: readonly tf.Tensor[],
  expected: readonly ArrayLike<number>[],
): Comparison[] {
  return names.map((what, i) => ({ what, actual: actual[i]!, expected: expected[i]! }));
}

interface WindowCase extends reference.Window {
  readonly out?: number;
  readonly activation?: Activation;
}

function describeWindow({ x, kernel, stride, out }: WindowCase): string {
  return `${kernel}x${kernel}/${stride} ${x.join('x')}${out === undefined ? '' : ` to ${out}`}`;
}

function convolutionCase(window: WindowCase): SelfTestCase {
  const { x: shape, kernel, stride, padding, activation = 'none' } = window;
  const depthwise = window.out === undefined;
  const out = window.out ?? shape[3];
  const name = `${depthwise ? 'depthwiseConv2d' : 'conv2d'} ${describeWindow(window)} ${activation}`;
  return {
    name,
    run(random) {
      const x = draw(random, shape);
      const taps = kernel ** 2 * (depthwise ? 1 : shape[3]);
      const w = draw(random, depthwise ? [kernel, kernel, out, 1] : [kernel, kernel, shape[3], out], {
        deviation: 2 / Math.sqrt(taps),
      });
      const bias = draw(random, [out]);
      const size = [reference.outputSize(shape[1], window), reference.outputSize(shape[2], window)];
      const dy = draw(random, [shape[0], ...size, out]);
      const actual = compute([x, w, bias], dy, (x, w, bias) =>
        (depthwise ? depthwiseConv2d : conv2d)(x as tf.Tensor4D, w as tf.Tensor4D, {
          stride,
          padding,
          bias: bias as tf.Tensor1D,
          activation,
        }),
      );
      const z = depthwise
        ? reference.convolveDepthwise(x.exact, w.exact, window)
        : reference.convolve(x.exact, w.exact, window, out);
      const { dz, dBias } = reference.finishGradient(z, bias.exact, dy.exact, activation);
      const { dx, dw } = depthwise
        ? reference.convolveDepthwiseGradient(x.exact, w.exact, dz, window)
        : reference.convolveGradient(x.exact, w.exact, dz, window, out);
      const y = reference.finish(z, bias.exact, activation);
      return pair(['value', 'gradient of x', 'gradient of filter', 'gradient of bias'], actual, [y, dx, dw, dBias]);
    },
  };
}

function batchNormCase(activation: Activation, shape: readonly [number, number, number, number]): SelfTestCase {
  return {
    name: `batchNormTraining ${shape.join('x')} ${activation}`,
    run(random) {
      const epsilon = 1e-3;
      const channels = shape[3];
      const x = draw(random, shape, { mean: 0.5, deviation: 2 });
      const gamma = draw(random, [channels], { mean: 1 });
      const beta = draw(random, [channels]);
      const dy = draw(random, shape);
      const statistics: tf.Tensor[] = [];
      const actual = compute([x, gamma, beta], dy, (x, gamma, beta) => {
        const options = { epsilon, activation };
        const result = batchNormTraining(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, options);
        statistics.push(tf.keep(tf.clone(result.mean)), tf.keep(tf.clone(result.variance)));
        return result.y;
      });
      const expected = reference.normalize(x.exact, gamma.exact, beta.exact, dy.exact, { epsilon, activation });
      return [
        ...pair(['mean', 'variance'], statistics, [expected.mean, expected.variance]),
        ...pair(['value', 'gradient of x', 'gradient of gamma', 'gradient of beta'], actual, [
          expected.y,
          expected.dx,
          expected.dGamma,
          expected.dBeta,
        ]),
      ];
    },
  };
}

function batchNormInferenceCase(activation: Activation): SelfTestCase {
  return {
    name: `batchNormInference ${activation}`,
    run(random) {
      const epsilon = 1e-3;
      const shape = [2, 3, 5, 13];
      const x = draw(random, shape, { deviation: 2 });
      const [gamma, beta, mean] = [draw(random, [13]), draw(random, [13]), draw(random, [13])];
      const variance = draw(random, [13], { mean: 2, deviation: 0.2 });
      const dy = draw(random, shape);
      const actual = compute([x, gamma, beta], dy, (x, gamma, beta) =>
        batchNormInference(
          x as tf.Tensor4D,
          gamma as tf.Tensor1D,
          beta as tf.Tensor1D,
          tf.tensor1d(mean.values.slice()),
          tf.tensor1d(variance.values.slice()),
          { epsilon, activation },
        ),
      );
      const rstd = variance.exact.map((value) => 1 / Math.sqrt(value + epsilon));
      const hat = x.exact.map((value, i) => (value - mean.exact[i % 13]!) * rstd[i % 13]!);
      const z = hat.map((value, i) => value * gamma.exact[i % 13]!);
      const { dz, dBias } = reference.finishGradient(z, beta.exact, dy.exact, activation);
      return pair(['value', 'gradient of x', 'gradient of gamma', 'gradient of beta'], actual, [
        reference.finish(z, beta.exact, activation),
        dz.map((value, i) => value * gamma.exact[i % 13]! * rstd[i % 13]!),
        reference.sumRows(
          dz.map((value, i) => value * hat[i]!),
          13,
        ),
        dBias,
      ]);
    },
  };
}

function activateCase(activation: Activation): SelfTestCase {
  return {
    name: `activate ${activation}`,
    run(random) {
      const x = draw(random, [2, 3, 5, 7], { deviation: 4 });
      const dy = draw(random, x.shape);
      const actual = compute([x], dy, (x) => activate(x, activation));
      const nothing = new Float64Array(1);
      return pair(['value', 'gradient'], actual, [
        reference.finish(x.exact, nothing, activation),
        reference.finishGradient(x.exact, nothing, dy.exact, activation).dz,
      ]);
    },
  };
}

const globalAveragePoolCase: SelfTestCase = {
  name: 'globalAveragePool',
  run(random) {
    const [batch, pixels, channels] = [3, 20, 13];
    const x = draw(random, [batch, 4, 5, channels]);
    const dy = draw(random, [batch, 1, 1, channels]);
    const y = new Float64Array(batch * channels);
    const at = (i: number) => Math.floor(i / (pixels * channels)) * channels + (i % channels);
    for (const [i, value] of x.exact.entries()) y[at(i)]! += value / pixels;
    const dx = x.exact.map((_, i) => dy.exact[at(i)]! / pixels);
    return pair(
      ['value', 'gradient'],
      compute([x], dy, (x) => globalAveragePool(x as tf.Tensor4D)),
      [y, dx],
    );
  },
};

const scaleChannelsCase: SelfTestCase = {
  name: 'scaleChannels',
  run(random) {
    const [batch, pixels, channels] = [3, 20, 13];
    const x = draw(random, [batch, 4, 5, channels]);
    const gate = draw(random, [batch, 1, 1, channels]);
    const dy = draw(random, x.shape);
    const at = (i: number) => Math.floor(i / (pixels * channels)) * channels + (i % channels);
    const dGate = new Float64Array(batch * channels);
    for (const [i, value] of x.exact.entries()) dGate[at(i)]! += value * dy.exact[i]!;
    const actual = compute([x, gate], dy, (x, gate) => scaleChannels(x as tf.Tensor4D, gate as tf.Tensor4D));
    return pair(['value', 'gradient of x', 'gradient of gate'], actual, [
      x.exact.map((value, i) => value * gate.exact[at(i)]!),
      dy.exact.map((value, i) => value * gate.exact[at(i)]!),
      dGate,
    ]);
  },
};

const denseCase: SelfTestCase = {
  name: 'dense',
  run(random) {
    const window: reference.Window = { x: [7, 1, 1, 37], kernel: 1, stride: 1, padding: 0 };
    const [x, weight] = [draw(random, [7, 37]), draw(random, [37, 10])];
    const [bias, dy] = [draw(random, [10]), draw(random, [7, 10])];
    const actual = compute([x, weight, bias], dy, (x, weight, bias) =>
      dense(x as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D),
    );
    const { dx, dw } = reference.convolveGradient(x.exact, weight.exact, dy.exact, window, 10);
    const y = reference.finish(reference.convolve(x.exact, weight.exact, window, 10), bias.exact, 'none');
    const dBias = reference.sumRows(dy.exact, 10);
    return pair(['value', 'gradient of x', 'gradient of weight', 'gradient of bias'], actual, [y, dx, dw, dBias]);
  },
};

/** Runs two steps of an in-place update on fresh variables and returns what they hold then. */
function runUpdate(starts: readonly Drawn[], step: (variables: tf.Variable[], index: number) => void): tf.Tensor[] {
  const variables = starts.map(({ values, shape }) =>
    tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape]), false)),
  );
  for (const index of [1, 2]) tf.tidy(() => step(variables, index));
  return variables.map((variable) => {
    const held: tf.Tensor = tf.clone(variable);
    variable.dispose();
    return held;
  });
}

/** Updates with what decides about them on the device, and without. */
type Guarded = { readonly guarded: boolean };

const updateSgdCase = ({ guarded }: Guarded): SelfTestCase => ({
  name: guarded ? 'guarded updateSgd' : 'updateSgd',
  run(random) {
    const rates = { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 };
    const halved = () => (guarded ? { guard: tf.tensor1d([0.5, 1]) } : { gradientScale: 0.5 });
    const [p, g, v] = [draw(random, [37]), draw(random, [37]), draw(random, [37])];
    const actual = runUpdate([p, v], ([parameter, velocity]) =>
      updateSgd({
        parameter: parameter!,
        velocity: velocity!,
        gradient: tf.tensor(g.values.slice()),
        ...rates,
        ...halved(),
      }),
    );
    const [parameter, velocity] = [p.exact.slice(), v.exact.slice()];
    for (let step = 0; step < 2; step++) {
      for (let i = 0; i < parameter.length; i++) {
        const gradient = g.exact[i]! * 0.5 + 0.01 * parameter[i]!;
        velocity[i] = 0.9 * velocity[i]! + gradient;
        parameter[i]! -= 0.1 * (gradient + 0.9 * velocity[i]!);
      }
    }
    return pair(['parameter', 'velocity'], actual, [parameter, velocity]);
  },
});

const updateAdamWCase = ({ guarded }: Guarded): SelfTestCase => ({
  name: guarded ? 'guarded updateAdamW' : 'updateAdamW',
  run(random) {
    const rates = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.01 };
    const [p, g] = [draw(random, [37]), draw(random, [37])];
    const zeros = { ...draw(random, [37], { deviation: 0 }) };
    const actual = runUpdate([p, zeros, zeros], ([parameter, firstMoment, secondMoment], step) =>
      updateAdamW({
        parameter: parameter!,
        firstMoment: firstMoment!,
        secondMoment: secondMoment!,
        gradient: tf.tensor(g.values.slice()),
        // A guard's own count of updates goes before the step.
        step: guarded ? 7 : step,
        ...(guarded && { guard: tf.tensor1d([1, step]) }),
        ...rates,
      }),
    );
    const [parameter, first, second] = [p.exact.slice(), new Float64Array(37), new Float64Array(37)];
    for (let step = 1; step <= 2; step++) {
      for (let i = 0; i < parameter.length; i++) {
        first[i] = 0.9 * first[i]! + 0.1 * g.exact[i]!;
        second[i] = 0.99 * second[i]! + 0.01 * g.exact[i]! ** 2;
        const root = Math.sqrt(second[i]! / (1 - 0.99 ** step));
        parameter[i] = parameter[i]! * (1 - 0.1 * 0.01) - (0.1 * first[i]!) / (1 - 0.9 ** step) / (root + 1e-6);
      }
    }
    return pair(['parameter', 'first moment', 'second moment'], actual, [parameter, first, second]);
  },
});

const updateEmaCase = ({ guarded }: Guarded): SelfTestCase => ({
  name: guarded ? 'guarded updateEma' : 'updateEma',
  run(random) {
    const [average, value] = [draw(random, [37]), draw(random, [37])];
    const guard = () => (guarded ? tf.tensor1d([1, 1]) : undefined);
    const actual = runUpdate([average], ([held]) => updateEma(held!, tf.tensor(value.values.slice()), 0.9, guard()));
    return pair(['average'], actual, [average.exact.map((a, i) => 0.81 * a + 0.19 * value.exact[i]!)]);
  },
});

/** The guard is 0: nothing may change, whatever is in the gradient. */
const refusedUpdatesCase: SelfTestCase = {
  name: 'refused updates',
  run(random) {
    const starts = Array.from({ length: 4 }, () => draw(random, [37]));
    const actual = runUpdate(starts, ([parameter, velocity, firstMoment, secondMoment]) => {
      const shared = { gradient: tf.fill([37], Number.NaN), guard: tf.tensor1d([0, 0]), learningRate: 1 };
      const sgd = { momentum: 0.9, nesterov: true, weightDecay: 0.1 };
      updateSgd({ parameter: parameter!, velocity: velocity!, ...sgd, ...shared });
      const moments = { firstMoment: firstMoment!, secondMoment: secondMoment! };
      const adamW = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, step: 1 };
      updateAdamW({ parameter: parameter!, ...moments, ...adamW, ...shared });
      updateEma(velocity!, shared.gradient, 0.9, shared.guard);
    });
    const names = ['parameter', 'velocity', 'first moment', 'second moment'];
    return pair(
      names,
      actual,
      starts.map(({ exact }) => exact),
    );
  },
};

const sumOfSquaresCase: SelfTestCase = {
  name: 'sumOfSquares',
  run(random) {
    const lists = [draw(random, [37]), draw(random, [5, 7])];
    const actual = tf.tidy(() => sumOfSquares(lists.map(({ values, shape }) => tf.tensor(values.slice(), [...shape]))));
    const total = lists.flatMap(({ exact }) => [...exact]).reduce((sum, value) => sum + value * value, 0);
    return [{ what: 'value', actual, expected: [total] }];
  },
};

/**
 * Sizes from which a device's kernels go another way: larger tiles, sums in parts. They take long to check, so only back
 * ends that have such ways run them.
 */
export const LARGE_CASES: readonly SelfTestCase[] = [
  convolutionCase({ x: [6, 32, 33, 36], kernel: 1, stride: 1, padding: 0, out: 37 }),
  convolutionCase({ x: [12, 32, 33, 8], kernel: 1, stride: 1, padding: 0, out: 12 }),
  convolutionCase({ x: [2, 32, 33, 20], kernel: 3, stride: 2, padding: 1 }),
  batchNormCase('hard-swish', [3, 32, 33, 20]),
];

/** Odd sizes on purpose: the edges of register tiles and of workgroups are where kernels go wrong. */
export const CASES: readonly SelfTestCase[] = [
  convolutionCase({ x: [2, 9, 7, 3], kernel: 3, stride: 2, padding: 1, out: 10 }),
  convolutionCase({ x: [1, 6, 5, 5], kernel: 3, stride: 1, padding: 1, out: 9, activation: 'relu' }),
  convolutionCase({ x: [3, 5, 3, 17], kernel: 1, stride: 1, padding: 0, out: 21, activation: 'hard-swish' }),
  convolutionCase({ x: [2, 4, 4, 48], kernel: 1, stride: 1, padding: 0, out: 32, activation: 'relu6' }),
  convolutionCase({ x: [2, 5, 5, 6], kernel: 1, stride: 2, padding: 0, out: 7 }),
  convolutionCase({ x: [4, 1, 1, 40], kernel: 1, stride: 1, padding: 0, out: 10, activation: 'hard-sigmoid' }),
  convolutionCase({ x: [2, 6, 7, 24], kernel: 3, stride: 1, padding: 1, activation: 'relu6' }),
  convolutionCase({ x: [2, 7, 8, 19], kernel: 3, stride: 2, padding: 1 }),
  convolutionCase({ x: [1, 8, 7, 16], kernel: 5, stride: 2, padding: 2, activation: 'hard-swish' }),
  convolutionCase({ x: [2, 5, 6, 9], kernel: 5, stride: 1, padding: 2, activation: 'relu' }),
  convolutionCase({ x: [2, 1, 1, 16], kernel: 3, stride: 1, padding: 1 }),
  ...ACTIVATIONS.map((activation) => batchNormCase(activation, [2, 5, 3, 19])),
  batchNormCase('relu6', [4, 8, 8, 32]),
  ...ACTIVATIONS.map(batchNormInferenceCase),
  ...ACTIVATIONS.map(activateCase),
  globalAveragePoolCase,
  scaleChannelsCase,
  denseCase,
  ...[false, true].flatMap((guarded) => [
    updateSgdCase({ guarded }),
    updateAdamWCase({ guarded }),
    updateEmaCase({ guarded }),
  ]),
  refusedUpdatesCase,
  sumOfSquaresCase,
];
