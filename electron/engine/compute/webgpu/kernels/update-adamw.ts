import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import {
  defineProgram,
  ELEMENTS,
  elementType,
  FOR_EACH_ELEMENT,
  groupsForElements,
  type Width,
  widthOf,
} from '../program.ts';
import { guardStatements } from '../wgsl/guard.ts';

interface Call {
  inputs: {
    parameter: TensorInfo;
    gradient: TensorInfo;
    firstMoment: TensorInfo;
    secondMoment: TensorInfo;
    guard?: TensorInfo;
  };
  attrs: {
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    step: number;
    gradientScale: number;
  };
  backend: DeviceBackend;
}

type Variant = { readonly width: Width; readonly guarded: boolean };

/** 1 - beta^steps from the logarithm of beta, with all digits where that is nearly 0. */
const REMAINING = `fn remaining(logBeta: f32, steps: f32) -> f32 {
  let x = logBeta * steps;
  if (x < -0.05) { return 1.0 - exp(x); }
  return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0)));
}`;

const program = defineProgram('adamw', ({ width, guarded }: Variant) => {
  const type = elementType(width);
  return {
    writes: { parameter: type, firstMoment: type, secondMoment: type },
    reads: { gradient: type, ...(guarded && { guard: 'f32' }) },
    uniforms: {
      count: 'u32',
      learningRate: 'f32',
      beta1: 'f32',
      beta2: 'f32',
      logBeta1: 'f32',
      logBeta2: 'f32',
      rest1: 'f32',
      rest2: 'f32',
      epsilon: 'f32',
      keep: 'f32',
      step: 'f32',
      gradientScale: 'f32',
    },
    workgroup: [ELEMENTS],
    declarations: REMAINING,
    main: `${FOR_EACH_ELEMENT}
  ${guardStatements(guarded)}
  let steps = ${guarded ? 'guard[1]' : 'u.step'};
  let g = gradient[i] * scale;
  let m = firstMoment[i] * u.beta1 + g * u.rest1;
  let v = secondMoment[i] * u.beta2 + g * g * u.rest2;
  firstMoment[i] = m;
  secondMoment[i] = v;
  let root = sqrt(v / remaining(u.logBeta2, steps)) + u.epsilon;
  parameter[i] = parameter[i] * u.keep - m / remaining(u.logBeta1, steps) / root * u.learningRate;`,
  };
});

/** In place; returns no tensor. */
function run({ inputs: { guard, ...inputs }, attrs, backend }: Call): TensorInfo[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = attrs;
  const { shape } = inputs.parameter;
  for (const [name, tensor] of Object.entries(inputs)) checkShape('updateAdamW', name, tensor, shape);
  const size = util.sizeFromShape(shape);
  const width = widthOf(size);
  const count = size / width;
  const numbers = {
    count,
    learningRate,
    beta1,
    beta2,
    logBeta1: Math.log(beta1),
    logBeta2: Math.log(beta2),
    rest1: 1 - beta1,
    rest2: 1 - beta2,
    epsilon,
    keep: 1 - learningRate * weightDecay,
    step,
    gradientScale,
  };
  const variant = { width, guarded: guard !== undefined };
  backend.launch(program(variant), { ...inputs, ...(guard && { guard }) }, numbers, groupsForElements(count));
  return [];
}

export const updateAdamWKernel: DeviceKernel = { kernelName: FUSED.updateAdamW, run };
export const guardedUpdateAdamWKernel: DeviceKernel = { kernelName: FUSED.guardedUpdateAdamW, run };
