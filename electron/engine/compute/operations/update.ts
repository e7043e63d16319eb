import * as tf from '@tensorflow/tfjs-core';
import { FUSED, hasKernel } from './kernel-choice.ts';

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
}

/**
 * One step of stochastic gradient descent with momentum, in place, in PyTorch's form (Sutskever et al. 2013):
 * `g = gradient + weightDecay · p`, `v = momentum · v + g`, `p -= learningRate · (nesterov ? g + momentum · v : v)`.
 */
export function updateSgd(update: SgdUpdate): void {
  const { parameter, gradient, velocity, learningRate, momentum, nesterov, weightDecay, gradientScale = 1 } = update;
  if (hasKernel(FUSED.updateSgd)) {
    const attributes = { learningRate, momentum, nesterov, weightDecay, gradientScale };
    own(parameter);
    own(velocity);
    tf.engine().runKernel(FUSED.updateSgd, { parameter, gradient, velocity }, attributes);
    return;
  }
  tf.tidy(() => {
    const g = tf.add(tf.mul(gradient, gradientScale), tf.mul(parameter, weightDecay));
    const v = tf.add(tf.mul(velocity, momentum), g);
    const step = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    parameter.assign(tf.sub(parameter, tf.mul(step, learningRate)));
    velocity.assign(v);
  });
}

export interface AdamWUpdate {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  /** Running mean of the gradient, zeros at first. */
  readonly firstMoment: tf.Variable;
  /** Running mean of the squared gradient, zeros at first. */
  readonly secondMoment: tf.Variable;
  /** Number of this step, from 1, for the bias correction. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled decay: the parameter is first multiplied by `1 - learningRate · weightDecay`. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this first. Default 1. */
  readonly gradientScale?: number;
}

/** One step of AdamW, in place (Loshchilov & Hutter 2019; PyTorch's form, epsilon outside the root). */
export function updateAdamW(update: AdamWUpdate): void {
  const { parameter, gradient, firstMoment, secondMoment, step, gradientScale = 1 } = update;
  const { learningRate, beta1, beta2, epsilon, weightDecay } = update;
  if (hasKernel(FUSED.updateAdamW)) {
    const attributes = { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale };
    for (const variable of [parameter, firstMoment, secondMoment]) own(variable);
    tf.engine().runKernel(FUSED.updateAdamW, { parameter, gradient, firstMoment, secondMoment }, attributes);
    return;
  }
  tf.tidy(() => {
    const g = tf.mul(gradient, gradientScale);
    const m = tf.add(tf.mul(firstMoment, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(g), 1 - beta2));
    const direction = tf.div(tf.div(m, 1 - beta1 ** step), tf.add(tf.sqrt(tf.div(v, 1 - beta2 ** step)), epsilon));
    const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
    parameter.assign(tf.sub(decayed, tf.mul(direction, learningRate)));
    firstMoment.assign(m);
    secondMoment.assign(v);
  });
}

/** `average = decay · average + (1 - decay) · value`, in place. */
export function updateEma(average: tf.Variable, value: tf.Tensor, decay: number): void {
  if (hasKernel(FUSED.updateEma)) {
    own(average);
    tf.engine().runKernel(FUSED.updateEma, { average, value }, { decay });
    return;
  }
  tf.tidy(() => average.assign(tf.add(tf.mul(average, decay), tf.mul(value, 1 - decay))));
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
