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

interface Call {
  inputs: { average: TensorInfo; value: TensorInfo; guard?: TensorInfo };
  attrs: { decay: number };
  backend: DeviceBackend;
}

type Variant = { readonly width: Width; readonly guarded: boolean };

const program = defineProgram('ema', ({ width, guarded }: Variant) => {
  const type = elementType(width);
  return {
    writes: { average: type },
    reads: { value: type, ...(guarded && { guard: 'f32' }) },
    uniforms: { count: 'u32', decay: 'f32', rest: 'f32' },
    workgroup: [ELEMENTS],
    main: `${FOR_EACH_ELEMENT}
  ${guarded ? 'if (guard[0] == 0.0) { return; }' : ''}
  average[i] = average[i] * u.decay + value[i] * u.rest;`,
  };
});

/** In place; returns no tensor. */
function run({ inputs: { average, value, guard }, attrs: { decay }, backend }: Call): TensorInfo[] {
  checkShape('updateEma', 'value', value, average.shape);
  const size = util.sizeFromShape(average.shape);
  const width = widthOf(size);
  const count = size / width;
  const tensors = { average, value, ...(guard && { guard }) };
  const variant = { width, guarded: guard !== undefined };
  backend.launch(program(variant), tensors, { count, decay, rest: 1 - decay }, groupsForElements(count));
  return [];
}

export const updateEmaKernel: DeviceKernel = { kernelName: FUSED.updateEma, run };
export const guardedUpdateEmaKernel: DeviceKernel = { kernelName: FUSED.guardedUpdateEma, run };
