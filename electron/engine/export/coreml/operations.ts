import * as tf from '@tensorflow/tfjs-core';
import { conv2d, dense, depthwiseConv2d, globalAveragePool, scaleChannels } from '../../compute/index.ts';
import { movePlanesLast, transpose } from '../layout.ts';
import { type Argument, type CheckedOperation, describeType, type ValueType } from './value-types.ts';

type Arguments = Readonly<Record<string, Argument>>;
/** Values by the names of an operation's parameters; of rank 4, they are `[size, height, width, channels]`, as our kernels want. */
type Tensors = (parameter: string) => tf.Tensor;

/** An operation of MIL as Core ML 6 has it, as far as Decant writes it. */
interface Operation {
  /** The type of what it gives for its arguments; throws RangeError where it does not take them. */
  infer(bound: Arguments): ValueType;
  /** Gives its value for many images, whose number takes the place of the first dimension, 1. */
  compute(tensors: Tensors, operation: CheckedOperation): tf.Tensor;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  conv: { infer: inferConvolution, compute: computeConvolution },
  linear: {
    infer({ x, weight, bias }) {
      const [outputs, inputs] = weight?.shape ?? [];
      requireFloats('linear', x, weight, bias);
      requireConstants('linear', weight, bias);
      requireThat(
        x!.shape.length === 2 &&
          weight!.shape.length === 2 &&
          x!.shape[1] === inputs &&
          bias!.shape.join() === `${outputs}`,
        'linear',
        [x, weight, bias],
      );
      return { dataType: x!.dataType, shape: [x!.shape[0]!, outputs!] };
    },
    // Their ranks are those that `infer` requires; likewise below.
    compute: (tensors) =>
      dense(tensors('x') as tf.Tensor2D, tensors('weight') as tf.Tensor2D, tensors('bias') as tf.Tensor1D),
  },
  add: { infer: inferBinary, compute: (tensors) => tf.add(tensors('x'), tensors('y')) },
  mul: {
    infer: inferBinary,
    compute(tensors) {
      const [x, y] = [tensors('x'), tensors('y')];
      // One factor for each channel of each image.
      const isGate = y.rank === 4 && !tf.util.arraysEqual(x.shape, y.shape);
      return isGate ? scaleChannels(x as tf.Tensor4D, y as tf.Tensor4D) : tf.mul(x, y);
    },
  },
  relu: { infer: inferSame, compute: (tensors) => tf.relu(tensors('x')) },
  relu6: { infer: inferSame, compute: (tensors) => tf.relu6(tensors('x')) },
  sigmoid_hard: {
    infer({ x, alpha, beta }) {
      requireFloats('sigmoid_hard', x, alpha, beta);
      requireConstants('sigmoid_hard', alpha, beta);
      requireThat(alpha!.shape.length === 0 && beta!.shape.length === 0, 'sigmoid_hard', [alpha, beta]);
      return x!;
    },
    compute(tensors) {
      const line = tf.add(tf.mul(tensors('x'), tensors('alpha')), tensors('beta'));
      return tf.minimum(tf.relu(line), 1);
    },
  },
  reduce_mean: {
    infer({ x, axes, keep_dims: keep }) {
      requireFloats('reduce_mean', x);
      const kept = keep?.constant?.value;
      requireThat(
        x!.shape.length === 4 && integersOf(axes).join() === '2,3' && typeof kept === 'boolean',
        'reduce_mean',
        [x, axes, keep],
      );
      return { dataType: x!.dataType, shape: kept ? [...x!.shape.slice(0, 2), 1, 1] : x!.shape.slice(0, 2) };
    },
    compute(tensors, { result }) {
      const x = tensors('x') as tf.Tensor4D;
      const [size, , , channels] = x.shape;
      return tf.reshape(globalAveragePool(x), result.shape.length === 4 ? [size, 1, 1, channels] : [size, channels]);
    },
  },
  reshape: {
    infer({ x, shape }) {
      requireFloats('reshape', x);
      const sizes = integersOf(shape);
      // Of one pixel, so that the order of its numbers is the same here and there.
      requireThat(
        x!.shape.length === 4 && x!.shape[2] === 1 && x!.shape[3] === 1 && sizes.join() === `1,${x!.shape[1]}`,
        'reshape',
        [x, shape],
      );
      return { dataType: x!.dataType, shape: sizes };
    },
    compute(tensors, { result }) {
      const x = tensors('x');
      return tf.reshape(x, [x.shape[0]!, result.shape[1]!]);
    },
  },
  cast: {
    infer({ x, dtype }) {
      requireFloats('cast', x);
      const wanted = dtype?.constant?.value;
      if (wanted !== 'fp16' && wanted !== 'fp32') throw new RangeError(`cast makes ${wanted} of numbers`);
      return { dataType: wanted, shape: x!.shape };
    },
    compute: (tensors) => tf.clone(tensors('x')),
  },
  softmax: {
    infer({ x, axis }) {
      requireFloats('softmax', x);
      requireThat(x!.shape.length === 2 && integersOf(axis).join() === '-1', 'softmax', [x, axis]);
      return x!;
    },
    compute: (tensors) => tf.softmax(tensors('x')),
  },
};

/** @throws RangeError for an operation that Decant does not write, or arguments that it does not take */
export function inferResult(type: string, bound: Arguments): ValueType {
  const operation = Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type] : undefined;
  if (!operation) throw new RangeError(`it has an operation that Decant does not write: ${type}`);
  return operation.infer(bound);
}

/** The value of an operation that `inferResult` has taken; the caller disposes it. */
export function computeResult(operation: CheckedOperation, tensors: Tensors): tf.Tensor {
  return OPERATIONS[operation.type]!.compute(tensors, operation);
}

/** A constant as the operation that reads it wants it; the caller disposes it. */
export function loadConstant({ type, arguments: bound }: CheckedOperation, parameter: string): tf.Tensor {
  const { shape, constant } = bound[parameter]!;
  const values = constant!.value as Float32Array; // Only numbers are computed with.
  if (type === 'linear' && parameter === 'weight')
    return tf.tensor(transpose(values, shape[1]!), [shape[1]!, shape[0]!]);
  if (type !== 'conv' || parameter === 'bias') return tf.tensor(values, shape.length === 0 ? [] : [values.length]);
  // [outputs, inputs, kernel, kernel] to [kernel, kernel, inputs, outputs]; depthwise to [kernel, kernel, channels, 1].
  const [outputs, inputs, kernel] = shape as [number, number, number];
  const depthwise = groupsOf(bound) > 1;
  const ours = movePlanesLast(values, outputs, inputs, kernel * kernel);
  return tf.tensor(ours, [kernel, kernel, ...(depthwise ? [outputs, inputs] : [inputs, outputs])]);
}

function groupsOf({ groups }: Arguments): number {
  return integersOf(groups)[0] ?? Number.NaN;
}

/** Of a constant; none where it has others, or is not known beforehand. */
function integersOf(argument: Argument | undefined): readonly number[] {
  const { dataType, value } = argument?.constant ?? {};
  return dataType === 'int32' ? (value as readonly number[]) : []; // As `Constant` has them.
}

/** The integers of an argument that have to be all the same. */
function readEqual(argument: Argument | undefined, count: number): number {
  const values = integersOf(argument);
  return values.length === count && values.every((each) => each === values[0]) ? values[0]! : Number.NaN;
}

function inferConvolution(bound: Arguments): ValueType {
  const { x, weight, bias, strides, pad, pad_type: way, dilations } = bound;
  requireFloats('conv', x, weight, bias);
  requireConstants('conv', weight, bias);
  const [, channels, height, width] = x!.shape;
  const [outputs, inputs, kernel, kernelWidth] = weight!.shape;
  const groups = groupsOf(bound);
  const stride = readEqual(strides, 2);
  const padding = readEqual(pad, 4);
  requireThat(
    x!.shape.length === 4 &&
      weight!.shape.length === 4 &&
      kernel === kernelWidth &&
      bias!.shape.join() === `${outputs}` &&
      (groups === 1 ? inputs === channels : groups === channels && outputs === channels && inputs === 1) &&
      stride >= 1 &&
      padding >= 0 &&
      readEqual(dilations, 2) === 1 &&
      way?.constant?.value === 'custom',
    'conv',
    [x, weight, bias, strides, pad],
  );
  const slide = (size: number) => Math.floor((size + 2 * padding - kernel!) / stride) + 1;
  return { dataType: x!.dataType, shape: [1, outputs!, slide(height!), slide(width!)] };
}

function computeConvolution(tensors: Tensors, { arguments: bound }: CheckedOperation): tf.Tensor {
  const convolve = groupsOf(bound) > 1 ? depthwiseConv2d : conv2d;
  return convolve(tensors('x') as tf.Tensor4D, tensors('weight') as tf.Tensor4D, {
    stride: readEqual(bound.strides, 2),
    padding: readEqual(bound.pad, 4),
    activation: 'none',
    bias: tensors('bias') as tf.Tensor1D,
  });
}

/** Of two values of one shape; the second may also be one number for each channel or, as a constant, one for all. */
function inferBinary({ x, y }: Arguments): ValueType {
  requireFloats('a sum or product', x, y);
  const [, channels] = x!.shape;
  const across = x!.shape.map((_, i) => (i === 1 ? channels : 1)).join();
  const single = x!.shape.map(() => 1).join();
  const shape = y!.shape.join();
  const fits = shape === x!.shape.join() || shape === across || (shape === single && y!.constant !== undefined);
  requireThat(fits, 'a sum or product', [x, y]);
  return x!;
}

function inferSame({ x }: Arguments): ValueType {
  requireFloats('an activation', x);
  return x!;
}

/** All are there, floats of one kind. */
function requireFloats(what: string, ...all: (Argument | undefined)[]): void {
  const types = new Set(all.map((argument) => argument?.dataType));
  const [type] = types;
  requireThat(types.size === 1 && (type === 'fp16' || type === 'fp32'), what, all);
}

function requireConstants(what: string, ...all: (Argument | undefined)[]): void {
  requireThat(
    all.every((argument) => argument?.constant !== undefined),
    what,
    all,
  );
}

function requireThat(fits: boolean, what: string, all: (Argument | undefined)[]): void {
  if (fits) return;
  const told = all.map((argument) => (argument ? `${argument.name} ${describeType(argument)}` : 'nothing'));
  throw new RangeError(`${what} does not take ${told.join(' with ')}`);
}
