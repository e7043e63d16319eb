import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { defineProgram, elementType } from '../program.ts';
import { columnSums, joinParts, planSums, type SumVariant, storeParts } from '../wgsl/column-sums.ts';
import { scaleChannels } from './scale-channels.ts';

interface Call {
  inputs: { x: TensorInfo; gate: TensorInfo; dy: TensorInfo };
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

/** Of the gate: the sum of x · dy over each image's pixels. */
const program = defineProgram('gate gradient', (variant: SumVariant) => {
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { partial: type },
    reads: { x: type, dy: type },
    terms: 1,
    add: 'sums[0] += x[i] * dy[i];',
    finish: storeParts(1),
  });
});

export const scaleChannelsGradientKernel: DeviceKernel = {
  kernelName: BACKWARD.scaleChannels,
  run({ inputs: { x, gate, dy }, backend }: Call) {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    checkShape('scaleChannels gradient', 'dy', dy, x.shape);
    const plan = planSums({ matrices: batch, rows: height * width, columns: channels });
    const partial = backend.makeOutput([batch, plan.parts, channels]);
    backend.launch(program(plan.variant), { x, dy, partial }, plan.uniforms, plan.groups);
    const dGate = joinParts(backend, partial, { matrices: batch, parts: plan.parts, columns: channels }, gate);
    backend.disposeData(partial.dataId);
    return [scaleChannels(backend, dy, gate), dGate];
  },
};
