import type * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { type UpdateGuard, updateAdamW, updateSgd } from '../compute/index.ts';

export type OptimizerName = Recipe['train']['optimizer']['name'];

/** How one parameter moves. */
export interface OptimizerRule {
  /** Names of the buffers of the parameter's shape that it keeps, zeros at first. */
  readonly slots: readonly string[];
  /** One step, in place. */
  readonly update: (target: OptimizerTarget, settings: OptimizerSettings) => void;
}

export interface OptimizerTarget {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  /** In the order of the rule's slot names. */
  readonly slots: readonly tf.Variable[];
}

export interface OptimizerSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Number of this step, from 1. */
  readonly step: number;
  readonly guard?: UpdateGuard | undefined;
}

/** Every optimizer by its name in a recipe. */
export const OPTIMIZERS = {
  /** Stochastic gradient descent with Nesterov momentum and coupled weight decay, as PyTorch's `SGD(nesterov=True)`. */
  sgd: {
    slots: ['velocity'],
    update: ({ parameter, gradient, slots }, { learningRate, momentum, weightDecay, guard }) =>
      updateSgd({
        parameter,
        gradient,
        velocity: slots[0]!,
        learningRate,
        momentum,
        nesterov: momentum > 0,
        weightDecay,
        guard,
      }),
  },
  /** Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch's `AdamW`; `momentum` is beta1. */
  adamw: {
    slots: ['firstMoment', 'secondMoment'],
    update: ({ parameter, gradient, slots }, { learningRate, momentum, weightDecay, step, guard }) =>
      updateAdamW({
        parameter,
        gradient,
        firstMoment: slots[0]!,
        secondMoment: slots[1]!,
        step,
        learningRate,
        beta1: momentum,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay,
        guard,
      }),
  },
} as const satisfies Record<OptimizerName, OptimizerRule>;
