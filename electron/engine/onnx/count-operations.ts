import { findInputSizeFault } from '../../../shared/run/network-limits.ts';
import type { OnnxGraph, OnnxModel, OnnxNode } from './messages.ts';

type Shape = readonly number[];

/** What is known of the graph's values on the way through it. */
interface Known {
  readonly shapes: Map<string, Shape>;
  /** Numbers of small constants: shapes, axes, scales. */
  readonly constants: ReadonlyMap<string, readonly number[]>;
}

/** What a node gives, where that can be told, and what it costs. */
interface Step {
  readonly shape: Shape | null;
  /** Multiplications, or comparisons where it only pools. */
  readonly operations: number;
}

/** What a network costs. */
export interface Cost {
  /** At least. */
  readonly operations: number;
  /** Numbers of the largest value that a node gives, as far as is known. */
  readonly largest: number;
  /** Whether that is all: nothing is hidden in shapes that only show in computing, or in operators that are not known. */
  readonly whole: boolean;
}

/**
 * Shape of the images that a graph takes, by its file; null where it takes something else, or images of a size that cannot be
 * used.
 *
 * @param size `[height, width]` where the file leaves them open
 */
export function readImageShape(graph: OnnxGraph, size: readonly [height: number, width: number]): number[] | null {
  const [input, ...others] = listInputs(graph);
  const given = (input?.type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => dimValue ?? 0);
  if (given.length !== 4 || others.length > 0) return null;
  const channelsLast = given[1] !== 3 && given[3] === 3;
  const otherwise = channelsLast ? [1, ...size, 3] : [1, 3, ...size];
  const shape = given.map((length, i) => (length > 0 ? length : otherwise[i]!));
  const [height = 0, width = 0] = shape.slice(channelsLast ? 1 : 2);
  return findInputSizeFault([height, width]) === null ? shape : null;
}

/** Without weights, which files of early versions name among them. */
function listInputs({ input, initializer }: OnnxGraph): OnnxGraph['input'] {
  const weights = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !weights.has(name));
}

/**
 * What a network costs, told from the shapes in its file without computing anything: what convolutions, products and pools
 * multiply, and a number for each number that a node gives, or at least for each that it reads. What follows from shapes that
 * only show in computing is left out. Shapes follow the ONNX specification (Operators.md).
 *
 * @param image shape of the input, its images included; null: not known
 */
export function countOperations({ graph, functions = [] }: OnnxModel, image: Shape | null): Cost {
  const known: Known = {
    shapes: new Map(graph.initializer.map(({ name, dims }) => [name, dims])),
    constants: new Map(
      graph.initializer.flatMap((tensor) => {
        const numbers = readNumbers(tensor);
        return numbers === null ? [] : [[tensor.name, numbers] as const];
      }),
    ),
  };
  if (image) for (const { name } of listInputs(graph)) known.shapes.set(name, image);
  let [operations, largest, whole] = [0, 0, functions.length === 0];
  for (const node of graph.node) {
    const step = takeStep(node, known);
    const [output] = node.output;
    const { shape } = step;
    const read = Math.max(0, ...node.input.map((name) => sizeOf(known.shapes.get(name) ?? [0])));
    let given = 0;
    if (shape !== null && output !== undefined && shape.every((length) => length >= 0)) {
      known.shapes.set(output, shape);
      given = sizeOf(shape);
    } else whole = false;
    operations += Math.max(step.operations + given, read);
    largest = Math.max(largest, given);
  }
  return { operations, largest, whole };
}

const INT32 = 6;
const INT64 = 7;
const FLOAT = 1;
/** Constants with more numbers are weights. */
const MOST_CONSTANTS = 16;

function readNumbers({ dims, dataType, rawData }: OnnxGraph['initializer'][number]): number[] | null {
  const count = sizeOf(dims);
  const bytes = dataType === INT64 ? 8 : 4;
  if (![INT32, INT64, FLOAT].includes(dataType) || count > MOST_CONSTANTS || rawData.length !== bytes * count)
    return null;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: count }, (_, i) => {
    if (dataType === INT64) return Number(view.getBigInt64(8 * i, true));
    return dataType === FLOAT ? view.getFloat32(4 * i, true) : view.getInt32(4 * i, true);
  });
}

/** Nodes that give as many numbers as their first input has. */
const SAME = new Set(
  'Identity Relu LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish Mish Swish Tanh Softplus Softsign Erf Exp Log Sqrt Abs Neg Reciprocal Floor Ceil Round Clip Cast Dropout Softmax LogSoftmax BatchNormalization InstanceNormalization LayerNormalization GroupNormalization LpNormalization LRN QuantizeLinear DequantizeLinear'.split(
    ' ',
  ),
);
/** Nodes whose inputs are brought to one shape. */
const BROADCAST = new Set('Add Sub Mul Div Pow Max Min Sum Mean Where Equal Greater Less And Or Mod'.split(' '));

/** Of ONNX itself. */
const OWN_DOMAINS = new Set(['', 'ai.onnx']);

function takeStep(node: OnnxNode, known: Known): Step {
  const { opType, input } = node;
  const shapeOf = (index: number) => known.shapes.get(input[index] ?? '') ?? null;
  const first = shapeOf(0);
  if (!OWN_DOMAINS.has(node.domain ?? '')) return moves(null);
  if (SAME.has(opType)) return moves(first);
  if (BROADCAST.has(opType)) return moves(broadcast(input.map((_, i) => shapeOf(i))));
  switch (opType) {
    case 'Conv':
    case 'ConvInteger':
      return convolve(node, first, shapeOf(1));
    case 'QLinearConv':
      return convolve(node, first, shapeOf(3));
    case 'ConvTranspose':
      return convolveBack(node, first, shapeOf(1));
    case 'MatMul':
    case 'MatMulInteger':
      return multiply(first, shapeOf(1));
    case 'QLinearMatMul':
      return multiply(first, shapeOf(3));
    case 'Gemm':
      return multiply(transposed(node, 'transA', first), transposed(node, 'transB', shapeOf(1)));
    case 'MaxPool':
    case 'AveragePool':
    case 'LpPool':
      return pool(node, first);
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
      return moves(first?.map((length, i) => (i < 2 ? length : 1)) ?? null);
    default:
      return moves(reshape(node, first, known));
  }
}

function moves(shape: Shape | null): Step {
  return { shape, operations: 0 };
}

/** Weights are [out, in / groups, …kernel]. */
function convolve(node: OnnxNode, input: Shape | null, weight: Shape | null): Step {
  if (!weight || weight.length < 3) return moves(null);
  const space = input && slide(node, input, weight.slice(2));
  if (!space) return { shape: null, operations: sizeOf(weight) };
  const shape = [input[0]!, weight[0]!, ...space];
  return { shape, operations: sizeOf(shape) * sizeOf(weight.slice(1)) };
}

/** Weights are [in, out / groups, …kernel]. */
function convolveBack(node: OnnxNode, input: Shape | null, weight: Shape | null): Step {
  const odd = ['output_shape', 'auto_pad'].some((name) => node.attribute.some((attribute) => attribute.name === name));
  if (odd || !weight || weight.length < 3 || input?.length !== weight.length) return moves(null);
  const { strides, dilations, pads } = readWindow(node);
  const more = readList(node, 'output_padding');
  const axes = weight.length - 2;
  const space = weight
    .slice(2)
    .map(
      (kernel, i) =>
        (input[i + 2]! - 1) * (strides[i] ?? 1) +
        (kernel - 1) * (dilations[i] ?? 1) +
        1 -
        (pads[i] ?? 0) -
        (pads[i + axes] ?? 0) +
        (more[i] ?? 0),
    );
  const groups = node.attribute.find(({ name }) => name === 'group')?.i ?? 1;
  const shape = [input[0]!, weight[1]! * groups, ...space];
  return { shape, operations: sizeOf(input) * sizeOf(weight.slice(1)) };
}

function pool(node: OnnxNode, input: Shape | null): Step {
  const kernel = readList(node, 'kernel_shape');
  const space = input && slide(node, input, kernel);
  if (!space) return moves(null);
  const shape = [...input.slice(0, 2), ...space];
  return { shape, operations: sizeOf(shape) * sizeOf(kernel) };
}

/** Where a window stands, by axis of space. */
function slide(node: OnnxNode, input: Shape, kernel: Shape): number[] | null {
  if (input.length !== kernel.length + 2) return null;
  const { strides, dilations, pads, same } = readWindow(node);
  return kernel.map((length, i) => {
    const [across, stride] = [input[i + 2]!, Math.max(1, strides[i] ?? 1)];
    if (same) return Math.ceil(across / stride);
    const padded = across + (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0);
    return Math.max(0, Math.floor((padded - (length - 1) * (dilations[i] ?? 1) - 1) / stride) + 1);
  });
}

function readWindow(node: OnnxNode) {
  const padding = node.attribute.find(({ name }) => name === 'auto_pad')?.s;
  return {
    strides: readList(node, 'strides'),
    dilations: readList(node, 'dilations'),
    pads: readList(node, 'pads'),
    same: padding !== undefined && Buffer.from(padding).toString('latin1').startsWith('SAME'),
  };
}

function readList({ attribute }: OnnxNode, wanted: string): readonly number[] {
  return attribute.find(({ name }) => name === wanted)?.ints ?? [];
}

function transposed({ attribute }: OnnxNode, flag: string, shape: Shape | null): Shape | null {
  if (shape?.length !== 2) return null;
  return attribute.find(({ name }) => name === flag)?.i === 1 ? [shape[1]!, shape[0]!] : shape;
}

/** `[…, rows, inner] · […, inner, columns]`. */
function multiply(left: Shape | null, right: Shape | null): Step {
  // Of one that is not known, there is at least one row.
  if (!left || !right || left.length < 2 || right.length < 2)
    return { shape: null, operations: Math.max(right ? sizeOf(right) : 0, left ? sizeOf(left) : 0) };
  const outer = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (!outer) return moves(null);
  const shape = [...outer, left.at(-2)!, right.at(-1)!];
  return { shape, operations: sizeOf(shape) * left.at(-1)! };
}

/** Attributes with which sizes and scales mean something else. */
const ODD_RESIZING = new Set(['axes', 'keep_aspect_ratio_policy']);

function cropsRegion({ attribute }: OnnxNode): boolean {
  const mode = attribute.find(({ name }) => name === 'coordinate_transformation_mode')?.s;
  return mode !== undefined && Buffer.from(mode).toString('latin1') === 'tf_crop_and_resize';
}

/** What only arranges numbers anew. */
function reshape(node: OnnxNode, input: Shape | null, { constants }: Known): Shape | null {
  const constant = (index: number) => constants.get(node.input[index] ?? '');
  const list = (name: string, index: number) => {
    const given = readList(node, name);
    return given.length > 0 ? given : constant(index);
  };
  if (!input) return null;
  switch (node.opType) {
    case 'Flatten': {
      const axis = node.attribute.find(({ name }) => name === 'axis')?.i ?? 1;
      return [sizeOf(input.slice(0, axis)), sizeOf(input.slice(axis))];
    }
    case 'Reshape': {
      const target = constant(1)?.map((length, i) => (length === 0 ? (input[i] ?? 0) : length));
      if (!target) return null;
      const rest = target.reduce((product, length) => (length < 0 ? product : product * length), 1);
      return target.map((length) => (length < 0 ? sizeOf(input) / rest : length));
    }
    case 'Transpose': {
      const order = readList(node, 'perm');
      return order.length === input.length ? order.map((axis) => input[axis] ?? 0) : input.toReversed();
    }
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceMax': {
      const axes = list('axes', 1)?.map((axis) => (axis < 0 ? axis + input.length : axis));
      const keeps = (node.attribute.find(({ name }) => name === 'keepdims')?.i ?? 1) !== 0;
      if (!axes) return null;
      return input.flatMap((length, i) => (axes.includes(i) ? (keeps ? [1] : []) : [length]));
    }
    case 'Resize':
    case 'Upsample': {
      if (node.attribute.some(({ name }) => ODD_RESIZING.has(name)) || cropsRegion(node)) return null;
      const scales = constant(node.opType === 'Resize' ? 2 : 1);
      const sizes = constant(3);
      if (sizes?.length === input.length) return sizes;
      return scales?.length === input.length ? input.map((length, i) => Math.floor(length * scales[i]!)) : null;
    }
    case 'Expand':
      return broadcast([input, constant(1) ?? null]);
    case 'Tile': {
      const times = constant(1);
      return times?.length === input.length ? input.map((length, i) => length * times[i]!) : null;
    }
    case 'Pad': {
      const pads = list('pads', 1);
      if (pads?.length !== 2 * input.length) return null;
      return input.map((length, i) => length + pads[i]! + pads[i + input.length]!);
    }
    default:
      return null;
  }
}

/** The shape that all are brought to; null where one is not known, or they do not fit. */
function broadcast(shapes: readonly (Shape | null)[]): Shape | null {
  const all = shapes.filter((shape) => shape !== null);
  if (all.length !== shapes.length) return null;
  const rank = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => Math.max(...all.map((shape) => shape.at(i - rank) ?? 1)));
}

function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}
