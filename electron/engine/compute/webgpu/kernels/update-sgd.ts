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
  inputs: { parameter: TensorInfo; gradient: TensorInfo; velocity: TensorInfo; guard?: TensorInfo };
  attrs: { learningRate: number; momentum: number; nesterov: boolean; weightDecay: number; gradientScale: number };
  backend: DeviceBackend;
}

type Variant = { readonly width: Width; readonly nesterov: boolean; readonly guarded: boolean };

const program = defineProgram('sgd', ({ width, nesterov, guarded }: Variant) => {
  const type = elementType(width);
  return {
    writes: { parameter: type, velocity: type },
    reads: { gradient: type, ...(guarded && { guard: 'f32' }) },
    uniforms: { count: 'u32', learningRate: 'f32', momentum: 'f32', weightDecay: 'f32', gradientScale: 'f32' },
    workgroup: [ELEMENTS],
    main: `${FOR_EACH_ELEMENT}
  ${guardStatements(guarded)}
  let g = gradient[i] * scale + parameter[i] * u.weightDecay;
  let v = velocity[i] * u.momentum + g;
  velocity[i] = v;
  parameter[i] -= (${nesterov ? 'g + v * u.momentum' : 'v'}) * u.learningRate;`,
  };
});

/** In place; returns no tensor. The operation sees to it that nobody else holds the variables' numbers. */
function run({ inputs: { guard, ...inputs }, attrs: { nesterov, ...rates }, backend }: Call): TensorInfo[] {
  const { parameter, gradient, velocity } = inputs;
  checkShape('updateSgd', 'gradient', gradient, parameter.shape);
  checkShape('updateSgd', 'velocity', velocity, parameter.shape);
  const size = util.sizeFromShape(parameter.shape);
  const width = widthOf(size);
  const count = size / width;
  const variant = { width, nesterov, guarded: guard !== undefined };
  backend.launch(
    program(variant),
    { ...inputs, ...(guard && { guard }) },
    { count, ...rates },
    groupsForElements(count),
  );
  return [];
}

export const updateSgdKernel: DeviceKernel = { kernelName: FUSED.updateSgd, run };
export const guardedUpdateSgdKernel: DeviceKernel = { kernelName: FUSED.guardedUpdateSgd, run };
