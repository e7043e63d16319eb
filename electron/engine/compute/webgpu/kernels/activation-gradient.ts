import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD } from '../../operations/kernel-choice.ts';
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
import { slopeFunction } from '../wgsl/activation.ts';

interface Call {
  inputs: { x: TensorInfo; dy: TensorInfo };
  attrs: { activation: Activation };
  backend: DeviceBackend;
}

const program = defineProgram(
  'activation gradient',
  ({ width, activation }: { width: Width; activation: Activation }) => ({
    writes: { dx: elementType(width) },
    reads: { x: elementType(width), dy: elementType(width) },
    uniforms: { count: 'u32' },
    workgroup: [ELEMENTS],
    declarations: slopeFunction(activation, elementType(width)),
    main: `${FOR_EACH_ELEMENT}
  dx[i] = dy[i] * slope(x[i]);`,
  }),
);

export const activationGradientKernel: DeviceKernel = {
  kernelName: BACKWARD.activate,
  run({ inputs: { x, dy }, attrs: { activation }, backend }: Call) {
    checkShape('activation gradient', 'dy', dy, x.shape);
    const size = util.sizeFromShape(x.shape);
    const width = widthOf(size);
    const [dx, count] = [backend.makeOutput(x.shape), size / width];
    backend.launch(program({ width, activation }), { x, dy, dx }, { count }, groupsForElements(count));
    return dx;
  },
};
