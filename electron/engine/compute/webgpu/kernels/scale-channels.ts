import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
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

interface Call {
  inputs: { x: TensorInfo; gate: TensorInfo };
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

const program = defineProgram('scale channels', ({ width }: { width: Width }) => ({
  writes: { y: elementType(width) },
  reads: { x: elementType(width), gate: elementType(width) },
  uniforms: { count: 'u32', perImage: 'u32', channels: 'u32' },
  workgroup: [ELEMENTS],
  main: `${FOR_EACH_ELEMENT}
  y[i] = x[i] * gate[i / u.perImage * u.channels + i % u.channels];`,
}));

export const scaleChannelsKernel: DeviceKernel = {
  kernelName: FUSED.scaleChannels,
  run: ({ inputs: { x, gate }, backend }: Call) => scaleChannels(backend, x, gate),
};

/** `x` `[batch, height, width, channels]` times `gate` `[batch, 1, 1, channels]`, a new tensor. */
export function scaleChannels(backend: DeviceBackend, x: TensorInfo, gate: TensorInfo): TensorInfo {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  checkShape('scaleChannels', 'gate', gate, [batch, 1, 1, channels]);
  const wide = widthOf(channels);
  const count = util.sizeFromShape(x.shape) / wide;
  const y = backend.makeOutput(x.shape);
  const sizes = { count, perImage: (height * width * channels) / wide, channels: channels / wide };
  backend.launch(program({ width: wide }), { x, gate, y }, sizes, groupsForElements(count));
  return y;
}
