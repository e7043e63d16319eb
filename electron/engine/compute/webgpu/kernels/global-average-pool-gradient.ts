import { type TensorInfo, util } from '@tensorflow/tfjs-core';
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

interface Call {
  inputs: { dy: TensorInfo };
  attrs: { inputShape: [batch: number, height: number, width: number, channels: number] };
  backend: DeviceBackend;
}

const program = defineProgram('global average pool gradient', ({ width }: { width: Width }) => ({
  writes: { dx: elementType(width) },
  reads: { dy: elementType(width) },
  uniforms: { count: 'u32', perImage: 'u32', channels: 'u32', factor: 'f32' },
  workgroup: [ELEMENTS],
  main: `${FOR_EACH_ELEMENT}
  dx[i] = u.factor * dy[i / u.perImage * u.channels + i % u.channels];`,
}));

export const globalAveragePoolGradientKernel: DeviceKernel = {
  kernelName: BACKWARD.globalAveragePool,
  run({ inputs: { dy }, attrs: { inputShape }, backend }: Call) {
    const [batch, height, width, channels] = inputShape;
    checkShape('globalAveragePool gradient', 'dy', dy, [batch, 1, 1, channels]);
    const wide = widthOf(channels);
    const count = util.sizeFromShape(inputShape) / wide;
    const dx = backend.makeOutput(inputShape);
    const pixels = height * width;
    const sizes = { count, perImage: (pixels * channels) / wide, channels: channels / wide, factor: 1 / pixels };
    backend.launch(program({ width: wide }), { dy, dx }, sizes, groupsForElements(count));
    return dx;
  },
};
