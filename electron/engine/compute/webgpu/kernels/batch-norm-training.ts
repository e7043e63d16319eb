import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { defineProgram, ELEMENTS, elementType, FOR_EACH_ELEMENT, groupsForElements, type Width } from '../program.ts';
import { activationFunction } from '../wgsl/activation.ts';
import { columnSums, planSums, type SumVariant, storeParts } from '../wgsl/column-sums.ts';

interface Call {
  inputs: { x: TensorInfo; gamma: TensorInfo; beta: TensorInfo };
  attrs: { epsilon: number; activation: Activation };
  backend: DeviceBackend;
}

/**
 * Sums of x and of x² as seen from the channel's first value, which lies among the others: the variance is then not the
 * small difference of two large numbers.
 */
const sumProgram = defineProgram('batch norm sums', (variant: SumVariant) => {
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { partial: type },
    reads: { x: type },
    terms: 2,
    prepare: 'let first = x[column];',
    add: `let d = x[i] - first;
      sums[0] += d;
      sums[1] = fma(d, d, sums[1]);`,
    finish: storeParts(2),
  });
});

/** Joins the sums: the statistics, and the two numbers of each channel that make y of x. */
const statisticsProgram = defineProgram('batch norm statistics', (variant: SumVariant) => {
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { mean: type, variance: type, line: type },
    reads: { partial: type, x: type, gamma: type, beta: type },
    uniforms: { count: 'f32', epsilon: 'f32' },
    terms: 2,
    add: `sums[0] += partial[2u * row * u.columns + column];
      sums[1] += partial[(2u * row + 1u) * u.columns + column];`,
    finish: `let offset = sums[0] / u.count;
  let m = x[column] + offset;
  // A number that is not finite stays visible: max would hide it.
  let raw = sums[1] / u.count - offset * offset;
  let v = select(raw, ${type}(), raw < ${type}());
  let scale = gamma[column] * inverseSqrt(v + u.epsilon);
  mean[column] = m;
  variance[column] = v;
  line[column] = scale;
  line[u.columns + column] = beta[column] - m * scale;`,
  });
});

const applyProgram = defineProgram(
  'batch norm apply',
  ({ width, activation }: { width: Width; activation: Activation }) => ({
    writes: { y: elementType(width) },
    reads: { x: elementType(width), line: elementType(width) },
    uniforms: { count: 'u32', columns: 'u32' },
    workgroup: [ELEMENTS],
    declarations: activationFunction(activation, elementType(width)),
    main: `${FOR_EACH_ELEMENT}
  let column = i % u.columns;
  y[i] = activate(fma(x[i], line[column], line[u.columns + column]));`,
  }),
);

export const batchNormTrainingKernel: DeviceKernel = {
  kernelName: FUSED.batchNormTraining,
  run({ inputs: { x, gamma, beta }, attrs: { epsilon, activation }, backend }: Call) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm', 'x', x, [...x.shape.slice(0, -1), channels]);
    checkShape('batchNorm', 'beta', beta, [channels]);
    const size = util.sizeFromShape(x.shape);
    const rows = size / channels;
    const [y, mean, variance] = [x.shape, [channels], [channels]].map((shape) => backend.makeOutput(shape));
    const sums = planSums({ rows, columns: channels }, { terms: 2 });
    const partial = backend.makeOutput([sums.parts, 2, channels]);
    const line = backend.makeOutput([2, channels]);
    backend.launch(sumProgram(sums.variant), { x, partial }, sums.uniforms, sums.groups);
    const join = planSums({ rows: sums.parts, columns: channels }, { terms: 2, inOnePart: true });
    const tensors = { partial, x, gamma, beta, mean: mean!, variance: variance!, line };
    const numbers = { ...join.uniforms, count: rows, epsilon };
    backend.launch(statisticsProgram(join.variant), tensors, numbers, join.groups);
    const { width } = sums.variant;
    const count = size / width;
    const apply = applyProgram({ width, activation });
    backend.launch(apply, { x, line, y: y! }, { count, columns: channels / width }, groupsForElements(count));
    for (const { dataId } of [partial, line]) backend.disposeData(dataId);
    return [y!, mean!, variance!];
  },
};
