import * as tf from '@tensorflow/tfjs-core';
import { FUSED, hasKernel } from './kernel-choice.ts';

/**
 * Two numbers, on the device, that have a say in an update without being read: what the gradient is multiplied by, where
 * 0 leaves everything as it is, bit by bit, whatever is in the gradient; and how many updates there have been with this
 * one, for AdamW's bias correction.
 */
export type UpdateGuard = tf.Tensor1D;

export interface SgdUpdate {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  /** Momentum buffer of the parameter's shape, zeros at first. */
  readonly velocity: tf.Variable;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** L2 penalty added to the gradient; 0 for none. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this first, which is how clipping costs nothing. Default 1. */
  readonly gradientScale?: number;
  readonly guard?: UpdateGuard | undefined;
}

/**
 * One step of stochastic gradient descent with momentum, in place, in PyTorch's form (Sutskever et al. 2013):
 * `g = gradient + weightDecay · p`, `v = momentum · v + g`, `p -= learningRate · (nesterov ? g + momentum · v : v)`.
 */
export function updateSgd(update: SgdUpdate): void {
  const { parameter, gradient, velocity, guard, learningRate, momentum, nesterov, weightDecay } = update;
  const { gradientScale = 1 } = update;
  const kernel = guard ? FUSED.guardedUpdateSgd : FUSED.updateSgd;
  if (hasKernel(kernel)) {
    const attributes = { learningRate, momentum, nesterov, weightDecay, gradientScale };
    own(parameter);
    own(velocity);
    tf.engine().runKernel(kernel, { parameter, gradient, velocity, ...(guard && { guard }) }, attributes);
    return;
  }
  tf.tidy(() => {
    const g = tf.add(scaleGradient(gradient, gradientScale, guard), tf.mul(parameter, weightDecay));
    const v = tf.add(tf.mul(velocity, momentum), g);
    const step = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    assign(parameter, tf.sub(parameter, tf.mul(step, learningRate)), guard);
    assign(velocity, v, guard);
  });
}

export interface AdamWUpdate {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  /** Running mean of the gradient, zeros at first. */
  readonly firstMoment: tf.Variable;
  /** Running mean of the squared gradient, zeros at first. */
  readonly secondMoment: tf.Variable;
  /** Number of this step, from 1, for the bias correction; a guard's own number counts instead. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled decay: the parameter is first multiplied by `1 - learningRate · weightDecay`. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this first. Default 1. */
  readonly gradientScale?: number;
  readonly guard?: UpdateGuard | undefined;
}

/** One step of AdamW, in place (Loshchilov & Hutter 2019; PyTorch's form, epsilon outside the root). */
export function updateAdamW(update: AdamWUpdate): void {
  const { parameter, gradient, firstMoment, secondMoment, step, guard, gradientScale = 1 } = update;
  const { learningRate, beta1, beta2, epsilon, weightDecay } = update;
  const kernel = guard ? FUSED.guardedUpdateAdamW : FUSED.updateAdamW;
  if (hasKernel(kernel)) {
    const attributes = { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale };
    const tensors = { parameter, gradient, firstMoment, secondMoment, ...(guard && { guard }) };
    for (const variable of [parameter, firstMoment, secondMoment]) own(variable);
    tf.engine().runKernel(kernel, tensors, attributes);
    return;
  }
  tf.tidy(() => {
    const g = scaleGradient(gradient, gradientScale, guard);
    const m = tf.add(tf.mul(firstMoment, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(g), 1 - beta2));
    const updates = guard && tf.slice(guard, 1, 1);
    const remaining = (beta: number) => (updates ? tf.sub(1, tf.pow(beta, updates)) : 1 - beta ** step);
    const direction = tf.div(tf.div(m, remaining(beta1)), tf.add(tf.sqrt(tf.div(v, remaining(beta2))), epsilon));
    const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
    assign(parameter, tf.sub(decayed, tf.mul(direction, learningRate)), guard);
    assign(firstMoment, m, guard);
    assign(secondMoment, v, guard);
  });
}

/** `average = decay · average + (1 - decay) · value`, in place. */
export function updateEma(average: tf.Variable, value: tf.Tensor, decay: number, guard?: UpdateGuard): void {
  const kernel = guard ? FUSED.guardedUpdateEma : FUSED.updateEma;
  if (hasKernel(kernel)) {
    own(average);
    tf.engine().runKernel(kernel, { average, value, ...(guard && { guard }) }, { decay });
    return;
  }
  tf.tidy(() => assign(average, tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay)), guard));
}

export interface MovedAverage {
  readonly average: tf.Variable;
  readonly value: tf.Tensor;
  /** The value is multiplied by this first. Default 1. */
  readonly factor?: number;
}

/** `average = decay · average + (1 - decay) · factor · value` for all of a list, in place. */
export function updateAverages(moved: readonly MovedAverage[], decay: number, guard?: UpdateGuard): void {
  if (!guard && hasKernel(FUSED.updateAverages)) {
    for (const { average } of moved) own(average);
    // Kernels take their inputs by name.
    const tensors = moved.flatMap(({ average, value }) => [average, value]);
    const factors = moved.map(({ factor = 1 }) => factor);
    tf.engine().runKernel(FUSED.updateAverages, Object.fromEntries(tensors.entries()), { decay, factors });
    return;
  }
  for (const { average, value, factor = 1 } of moved) {
    tf.tidy(() => updateEma(average, factor === 1 ? value : tf.mul(value, factor), decay, guard));
  }
}

function scaleGradient(gradient: tf.Tensor, scale: number, guard: UpdateGuard | undefined): tf.Tensor {
  const scaled = scale === 1 ? gradient : tf.mul(gradient, scale);
  return guard ? tf.mul(scaled, tf.reshape(tf.slice(guard, 0, 1), [])) : scaled;
}

/** Chosen, not multiplied: what is not finite in `value` leaves no trace where the guard is 0. */
function assign(variable: tf.Variable, value: tf.Tensor, guard: UpdateGuard | undefined): void {
  if (!guard) {
    variable.assign(value);
    return;
  }
  const wanted = tf.notEqual(tf.reshape(tf.slice(guard, 0, 1), []), 0);
  variable.assign(tf.where(wanted, value, variable));
}

/** Gives a variable numbers of its own when a clone shares them, so that writing in place does not change the clone. */
function own(variable: tf.Variable): void {
  if (tf.backend().refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(tf.mul(variable, 1)));
}

/**
 * Sum of the squares of all numbers of all tensors, a scalar: its root is the norm that gradient clipping looks at, and
 * one number that is not finite makes it not finite. The caller disposes the result.
 */
export function sumOfSquares(tensors: readonly tf.Tensor[]): tf.Scalar {
  if (hasKernel(FUSED.sumOfSquares)) {
    // Kernels take their inputs by name; a list becomes '0', '1', ….
    return tf.engine().runKernel<tf.Scalar>(FUSED.sumOfSquares, Object.fromEntries(tensors.entries()));
  }
  return tf.tidy(() => {
    const sums = tensors.map((tensor) => tf.sum<tf.Scalar>(tf.square(tensor)));
    return sums.length === 0 ? tf.scalar(0) : tf.addN(sums);
  });
}
