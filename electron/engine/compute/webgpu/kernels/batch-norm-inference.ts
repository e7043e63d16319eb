import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
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
import { activationFunction } from '../wgsl/activation.ts';

type Name = 'x' | 'gamma' | 'beta' | 'mean' | 'variance';

interface Call {
  inputs: Record<Name, TensorInfo>;
  attrs: { epsilon: number; activation: Activation };
  backend: DeviceBackend;
}

const program = defineProgram(
  'batch norm inference',
  ({ width, activation }: { width: Width; activation: Activation }) => {
    const type = elementType(width);
    return {
      writes: { y: type },
      reads: { x: type, gamma: type, beta: type, mean: type, variance: type },
      uniforms: { count: 'u32', columns: 'u32', epsilon: 'f32' },
      workgroup: [ELEMENTS],
      declarations: activationFunction(activation, type),
      main: `${FOR_EACH_ELEMENT}
  let column = i % u.columns;
  let scale = gamma[column] * inverseSqrt(variance[column] + u.epsilon);
  y[i] = activate(fma(x[i] - mean[column], scale, beta[column]));`,
    };
  },
);

export const batchNormInferenceKernel: DeviceKernel = {
  kernelName: FUSED.batchNormInference,
  run({ inputs: { x, gamma, beta, mean, variance }, attrs: { epsilon, activation }, backend }: Call) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm', 'x', x, [...x.shape.slice(0, -1), channels]);
    for (const [name, tensor] of Object.entries({ beta, mean, variance })) {
      checkShape('batchNorm', name, tensor, [channels]);
    }
    const width = widthOf(channels);
    const count = util.sizeFromShape(x.shape) / width;
    const y = backend.makeOutput(x.shape);
    const numbers = { count, columns: channels / width, epsilon };
    backend.launch(
      program({ width, activation }),
      { x, gamma, beta, mean, variance, y },
      numbers,
      groupsForElements(count),
    );
    return y;
  },
};
