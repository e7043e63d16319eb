import { broadcast_util, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
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

type Operator = '+' | '-' | '*' | '/';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo };
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

type Variant = {
  readonly operator: Operator;
  readonly width: Width;
  /** Which of the two is one number for all elements, if any, and whether it is a uniform. */
  readonly scalar: 'a' | 'b' | 'neither';
  readonly uniform: boolean;
};

const program = defineProgram('binary', ({ operator, width, scalar, uniform }: Variant) => {
  const type = elementType(width);
  const [a, b] = (['a', 'b'] as const).map((name) => {
    if (scalar !== name) return { value: `${name}[i]`, array: { [name]: type } };
    return uniform ? { value: 'u.scalar', array: {} } : { value: `${name}[0]`, array: { [name]: 'f32' as const } };
  }) as [Operand, Operand];
  return {
    writes: { y: type },
    reads: { ...a.array, ...b.array },
    uniforms: { count: 'u32', ...(uniform && { scalar: 'f32' }) },
    workgroup: [ELEMENTS],
    main: `${FOR_EACH_ELEMENT}
  y[i] = ${a.value} ${operator} ${b.value};`,
  };
});

interface Operand {
  readonly value: string;
  readonly array: Record<string, 'f32' | 'vec4<f32>'>;
}

/**
 * An elementwise tfjs kernel of two tensors of one shape, or of a tensor and a number. A number that the processor still has
 * goes along as a uniform, where tfjs would upload a tensor for it.
 */
export function binaryKernel(kernelName: string, operator: Operator): DeviceKernel {
  return {
    kernelName,
    run({ inputs: { a, b }, backend }: Call) {
      const [sizeA, sizeB] = [util.sizeFromShape(a.shape), util.sizeFromShape(b.shape)];
      const scalar = sizeB === 1 ? 'b' : sizeA === 1 ? 'a' : 'neither';
      if (scalar === 'neither' && !util.arraysEqual(a.shape, b.shape)) return undefined;
      const known = scalar === 'neither' ? undefined : knownNumber(backend, scalar === 'a' ? a : b);
      const y = backend.makeOutput(broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape));
      const size = Math.max(sizeA, sizeB);
      const width = widthOf(size);
      const count = size / width;
      const uniforms = { count, ...(known !== undefined && { scalar: known }) };
      const variant = { operator, width, scalar, uniform: known !== undefined } as const;
      backend.launch(program(variant), { a, b, y }, uniforms, groupsForElements(count));
      return y;
    },
  };
}

/** The value of a tensor of one number that was never on the device. */
function knownNumber(backend: DeviceBackend, { dataId }: TensorInfo): number | undefined {
  const { values, resource } = backend.tensorMap.get(dataId);
  return resource == null && values != null ? Number(values[0]) : undefined;
}
