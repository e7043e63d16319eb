import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { defineProgram } from '../program.ts';
import { joinParts } from '../wgsl/column-sums.ts';

interface Call {
  inputs: Record<string, TensorInfo>;
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

/** Tensors that one program reads: with the result it has as many arrays as every device allows. */
const TENSORS = 7;
/** Workgroups that share a tensor. */
const SHARES = 8;
const INVOCATIONS = 256;
const NAMES = Array.from({ length: TENSORS }, (_, i) => `x${i}`);

/**
 * `group.y` is the number of a tensor and `group.x` that of a share in it; each workgroup gives one number, and sums in the
 * same order always.
 */
const program = defineProgram('sum of squares', () => ({
  writes: { partial: 'f32' },
  reads: Object.fromEntries(NAMES.map((name) => [name, 'f32'] as const)),
  uniforms: { offset: 'u32', ...Object.fromEntries(NAMES.map((name) => [`${name}Size`, 'u32'] as const)) },
  workgroup: [INVOCATIONS],
  declarations: `var<workgroup> joined: array<f32, ${INVOCATIONS}>;`,
  main: `
  var sum = 0.0;
  let start = group.x * ${INVOCATIONS}u + lane;
  switch group.y {
${NAMES.map(
  (name, i) => `    case ${i}u${i === TENSORS - 1 ? ', default' : ''}: {
      for (var i = start; i < u.${name}Size; i += ${SHARES * INVOCATIONS}u) { sum = fma(${name}[i], ${name}[i], sum); }
    }`,
).join('\n')}
  }
  joined[lane] = sum;
  for (var half = ${INVOCATIONS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { joined[lane] += joined[lane + half]; }
  }
  if (lane == 0u) { partial[u.offset + group.y * groups.x + group.x] = joined[0]; }`,
}));

export const sumOfSquaresKernel: DeviceKernel = {
  kernelName: FUSED.sumOfSquares,
  run({ inputs, backend }: Call) {
    const tensors = Object.values(inputs);
    if (tensors.length === 0) return backend.makeTensorInfo([], 'float32', Float32Array.of(0));
    const parts = tensors.length * SHARES;
    const partial = backend.makeOutput([parts]);
    for (let first = 0; first < tensors.length; first += TENSORS) {
      const some = tensors.slice(first, first + TENSORS);
      // Names that are left over read any tensor: there is no workgroup for them.
      const named = NAMES.map((name, i) => [name, some[i] ?? some[0]!] as const);
      const sizes = named.map(([name, { shape }]) => [`${name}Size`, util.sizeFromShape(shape)] as const);
      const uniforms = { offset: first * SHARES, ...Object.fromEntries(sizes) };
      backend.launch(program({}), { partial, ...Object.fromEntries(named) }, uniforms, [SHARES, some.length]);
    }
    const sum = joinParts(backend, partial, { parts, columns: 1 }, { shape: [] });
    backend.disposeData(partial.dataId);
    return sum;
  },
};
