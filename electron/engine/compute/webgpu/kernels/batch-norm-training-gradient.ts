import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { defineProgram, ELEMENTS, elementType, FOR_EACH_ELEMENT, groupsForElements, type Width } from '../program.ts';
import { slopeFunction } from '../wgsl/activation.ts';
import { columnSums, planSums, type SumVariant, storeParts } from '../wgsl/column-sums.ts';

type Name = 'x' | 'gamma' | 'beta' | 'dy' | 'mean' | 'variance';

interface Call {
  inputs: Record<Name, TensorInfo>;
  attrs: { epsilon: number; activation: Activation };
  backend: DeviceBackend;
}

/** Sums of dz and of dz · (x - mean), where dz is the gradient before the activation, whose argument is computed again. */
const sumProgram = defineProgram('batch norm gradient sums', (variant: SumVariant & { activation: Activation }) => {
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { partial: type },
    reads: { x: type, dy: type, gamma: type, beta: type, mean: type, variance: type },
    uniforms: { epsilon: 'f32' },
    declarations: slopeFunction(variant.activation, type),
    terms: 2,
    prepare: `let m = mean[column];
    let scale = gamma[column] * inverseSqrt(variance[column] + u.epsilon);
    let shift = beta[column];`,
    add: `let d = x[i] - m;
      let dz = dy[i] * slope(fma(d, scale, shift));
      sums[0] += dz;
      sums[1] = fma(dz, d, sums[1]);`,
    finish: storeParts(2),
  });
});

/** Joins the sums: the gradients of gamma and beta, and the four numbers of each channel that make dx of x and dz. */
const lineProgram = defineProgram('batch norm gradient line', (variant: SumVariant) => {
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { dGamma: type, dBeta: type, line: type },
    reads: { partial: type, gamma: type, beta: type, mean: type, variance: type },
    uniforms: { count: 'f32', epsilon: 'f32' },
    terms: 2,
    add: `sums[0] += partial[2u * row * u.columns + column];
      sums[1] += partial[(2u * row + 1u) * u.columns + column];`,
    finish: `let m = mean[column];
  let rstd = inverseSqrt(variance[column] + u.epsilon);
  let scale = gamma[column] * rstd;
  let gammaGradient = sums[1] * rstd;
  let along = -scale * rstd * gammaGradient / u.count;
  dGamma[column] = gammaGradient;
  dBeta[column] = sums[0];
  // dx = dz · scale + x · along + constant, for z = x · scale + shift.
  line[column] = scale;
  line[u.columns + column] = beta[column] - m * scale;
  line[2u * u.columns + column] = along;
  line[3u * u.columns + column] = -scale * sums[0] / u.count - along * m;`,
  });
});

const applyProgram = defineProgram(
  'batch norm gradient apply',
  ({ width, activation }: { width: Width; activation: Activation }) => ({
    writes: { dx: elementType(width) },
    reads: { x: elementType(width), dy: elementType(width), line: elementType(width) },
    uniforms: { count: 'u32', columns: 'u32' },
    workgroup: [ELEMENTS],
    declarations: slopeFunction(activation, elementType(width)),
    main: `${FOR_EACH_ELEMENT}
  let column = i % u.columns;
  let scale = line[column];
  let dz = dy[i] * slope(fma(x[i], scale, line[u.columns + column]));
  dx[i] = fma(dz, scale, fma(x[i], line[2u * u.columns + column], line[3u * u.columns + column]));`,
  }),
);

export const batchNormTrainingGradientKernel: DeviceKernel = {
  kernelName: BACKWARD.batchNormTraining,
  run({ inputs: { x, gamma, beta, dy, mean, variance }, attrs: { epsilon, activation }, backend }: Call) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm gradient', 'dy', dy, x.shape);
    const size = util.sizeFromShape(x.shape);
    const rows = size / channels;
    const [dx, dGamma, dBeta] = [x.shape, [channels], [channels]].map((shape) => backend.makeOutput(shape));
    const sums = planSums({ rows, columns: channels }, { terms: 2 });
    const partial = backend.makeOutput([sums.parts, 2, channels]);
    const line = backend.makeOutput([4, channels]);
    const given = { gamma, beta, mean, variance };
    const sum = sumProgram({ ...sums.variant, activation });
    backend.launch(sum, { x, dy, ...given, partial }, { ...sums.uniforms, epsilon }, sums.groups);
    const join = planSums({ rows: sums.parts, columns: channels }, { terms: 2, inOnePart: true });
    const tensors = { partial, ...given, dGamma: dGamma!, dBeta: dBeta!, line };
    backend.launch(lineProgram(join.variant), tensors, { ...join.uniforms, count: rows, epsilon }, join.groups);
    const { width } = sums.variant;
    const count = size / width;
    const apply = applyProgram({ width, activation });
    backend.launch(apply, { x, dy, line, dx: dx! }, { count, columns: channels / width }, groupsForElements(count));
    for (const { dataId } of [partial, line]) backend.disposeData(dataId);
    return [dx!, dGamma!, dBeta!];
  },
};
