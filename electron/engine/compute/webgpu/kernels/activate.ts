import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
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

interface Call {
  inputs: { x: TensorInfo };
  attrs: { activation: Activation };
  backend: DeviceBackend;
}

const program = defineProgram('activate', ({ width, activation }: { width: Width; activation: Activation }) => ({
  writes: { y: elementType(width) },
  reads: { x: elementType(width) },
  uniforms: { count: 'u32' },
  workgroup: [ELEMENTS],
  declarations: activationFunction(activation, elementType(width)),
  main: `${FOR_EACH_ELEMENT}
  y[i] = activate(x[i]);`,
}));

export const activateKernel: DeviceKernel = {
  kernelName: FUSED.activate,
  run({ inputs: { x }, attrs: { activation }, backend }: Call) {
    const size = util.sizeFromShape(x.shape);
    const width = widthOf(size);
    const y = backend.makeOutput(x.shape);
    backend.launch(program({ width, activation }), { x, y }, { count: size / width }, groupsForElements(size / width));
    return y;
  },
};
