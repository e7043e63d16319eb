import type { SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/optimizers.ts.
const PARAMETER = 0;
const GRADIENT = 1;
const FIRST = 2;
const SECOND = 3;
const LENGTH = 4;
const A_TASK = 5;
const LEARNING_RATE = 6;
const MOMENTUM = 7;
const WEIGHT_DECAY = 8;
const NESTEROV = 9;
const BETA1 = 10;
const BETA2 = 11;
const EPSILON = 12;
const CORRECTION1 = 13;
const CORRECTION2 = 14;
const KEPT = 15;
const REST1 = 16;
const REST2 = 17;

/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 14;

export function createOptimizerKernels(launcher: Launcher): Pick<SimdKernels, 'sgd' | 'adamW' | 'ema'> {
  const p = launcher.integers;
  const f = launcher.floats;
  const setElements = (length: number) => {
    p[LENGTH] = length;
    p[A_TASK] = TASK_SIZE;
    return Math.ceil(length / TASK_SIZE);
  };
  return {
    sgd(step) {
      p[PARAMETER] = step.parameter;
      p[GRADIENT] = step.gradient;
      p[FIRST] = step.velocity;
      f[LEARNING_RATE] = step.learningRate;
      f[MOMENTUM] = step.momentum;
      f[WEIGHT_DECAY] = step.weightDecay;
      p[NESTEROV] = step.nesterov ? 1 : 0;
      launcher.run('sgdOfBlock', setElements(step.length));
    },

    adamW(step) {
      p[PARAMETER] = step.parameter;
      p[GRADIENT] = step.gradient;
      p[FIRST] = step.firstMoment;
      p[SECOND] = step.secondMoment;
      f[LEARNING_RATE] = step.learningRate;
      f[BETA1] = step.beta1;
      f[BETA2] = step.beta2;
      f[EPSILON] = step.epsilon;
      f[CORRECTION1] = 1 / (1 - step.beta1 ** step.step);
      f[CORRECTION2] = 1 / (1 - step.beta2 ** step.step);
      f[KEPT] = 1 - step.learningRate * step.weightDecay;
      f[REST1] = 1 - step.beta1;
      f[REST2] = 1 - step.beta2;
      launcher.run('adamWOfBlock', setElements(step.length));
    },

    ema(average, value, length, decay, factor = 1) {
      p[FIRST] = average;
      p[GRADIENT] = value;
      f[MOMENTUM] = decay;
      f[REST1] = (1 - decay) * factor;
      launcher.run('emaOfBlock', setElements(length));
    },
  };
}
