import type { StepOf } from '../../operations/training-graph.ts';
import { tableFloats } from '../batch-norm-kernels.ts';
import { depthwiseByRows } from '../depthwise-kernels.ts';
import type { ConvolutionShape, DepthwiseShape, DepthwiseStep, Normalization, PointwiseStep } from '../kernel-types.ts';
import { backwardByRows, pointwiseByRows } from '../pointwise-kernels.ts';
import type { Block, MapNorm, MapValue, Pass } from './pass.ts';

/** z = convolution of the input, with the statistics of the batch norm behind it. */
export function convForward(pass: Pass, step: StepOf<'conv'>, readers: number): void {
  const input = pass.maps.get(step.node.input)!;
  const output = makeOutput(pass, step, step.node.outChannels, input, readers);
  const parts = describe(pass, step, input, output);
  if (pointwiseByRows(parts)) {
    pass.kernels.pointwise(parts);
    return;
  }
  const { rows: m, inChannels: k, outChannels: n } = parts;
  const whole = writeOut(pass, input);
  pass.kernels.gemm({ a: whole.offset, b: parts.filter, c: parts.z, m, n, k });
  whole.release();
  pass.kernels.measureStatistics(parts.z, parts.output);
}

export function convBackward(pass: Pass, step: StepOf<'conv'>): void {
  const { kernels } = pass;
  const input = pass.maps.get(step.node.input)!;
  const output = pass.maps.get(step.norm.name)!;
  const parts = describe(pass, step, input, output);
  const g = output.gradient!.offset;
  const dFilter = pass.gradientOf(`${step.node.name}/weight`);
  const gradient = parts.patches ? undefined : pass.receive(input);
  if (backwardByRows(parts) || !gradient) {
    kernels.pointwiseBackward(parts, { g, dFilter, gradient });
  } else {
    const { rows: m, inChannels: k, outChannels: n } = parts;
    const { dx, accumulate, through } = gradient;
    const whole = writeOut(pass, input);
    const dz = makeGradient(pass, output);
    kernels.gemm({ a: whole.offset, b: dz.offset, c: dFilter, m: k, n, k: m, transposeA: true });
    whole.release();
    kernels.gemm({ a: dz.offset, b: parts.filter, c: dx, m, n: k, k: n, transposeB: true, accumulate });
    dz.release();
    if (through) kernels.passThrough(parts.input.x, dx, dx, input.norm!.normalization, through);
  }
  pass.dropMap(output);
}

/** z = depthwise convolution of the normalized input, with the statistics of the batch norm behind it. */
export function depthwiseForward(pass: Pass, step: StepOf<'depthwise'>, readers: number): void {
  const { kernels } = pass;
  const input = pass.maps.get(step.node.input)!;
  const output = makeOutput(pass, step, step.node.channels, input, readers);
  const shape = depthwiseShape(pass, step, input, output);
  const parts = depthwiseParts(pass, step, input, output);
  if (depthwiseByRows(shape)) {
    kernels.depthwiseNormalized(shape, parts);
    return;
  }
  const whole = writeOut(pass, input);
  kernels.depthwise(shape, { x: whole.offset, filter: parts.filter, y: parts.z });
  whole.release();
  kernels.measureStatistics(parts.z, parts.output);
}

export function depthwiseBackward(pass: Pass, step: StepOf<'depthwise'>): void {
  const { kernels } = pass;
  const input = pass.maps.get(step.node.input)!;
  const output = pass.maps.get(step.norm.name)!;
  const shape = depthwiseShape(pass, step, input, output);
  const parts = depthwiseParts(pass, step, input, output);
  const g = output.gradient!.offset;
  const dFilter = pass.gradientOf(`${step.node.name}/weight`);
  const gradient = pass.receive(input);
  const { dx, accumulate, through } = gradient;
  if (depthwiseByRows(shape) && (input.norm ? through && !accumulate : true)) {
    kernels.depthwiseNormalizedBackward(shape, parts, { g, dFilter, gradient });
  } else {
    const whole = writeOut(pass, input);
    const dz = makeGradient(pass, output);
    kernels.depthwiseBackpropFilter(shape, { x: whole.offset, dy: dz.offset, dFilter });
    whole.release();
    const part = accumulate ? pass.allocate(pass.floatsOf(input)) : null;
    kernels.depthwiseBackpropInput(shape, { dy: dz.offset, filter: parts.filter, dx: part?.offset ?? dx });
    dz.release();
    if (part) kernels.binary('add', dx, part.offset, dx, pass.floatsOf(input));
    part?.release();
    if (through) kernels.passThrough(parts.x, dx, dx, input.norm!.normalization, through);
  }
  pass.dropMap(output);
}

/** The numbers that a map stands for, for kernels that read them as they lie. */
function writeOut(pass: Pass, map: MapValue): Block {
  const { x, norm } = map.gated?.map ?? map;
  if (!norm) return { offset: x!.offset, release: () => {} };
  const whole = pass.allocate(pass.floatsOf(map));
  pass.kernels.normalize(x!.offset, whole.offset, norm.normalization);
  const gate = map.gated?.gate.x?.offset;
  const { batch } = pass;
  if (gate !== undefined)
    pass.kernels.scaleChannels(whole.offset, gate, whole.offset, batch, map.height * map.width, map.channels);
  return whole;
}

/** The gradient before a map's batch norm. It may not be made in place: a sum shares its gradient with what was added. */
function makeGradient(pass: Pass, map: MapValue): Block {
  const dz = pass.allocate(pass.floatsOf(map));
  pass.kernels.passBack(map.x!.offset, map.gradient!.offset, dz.offset, map.norm!.normalization);
  return dz;
}

function makeOutput(
  pass: Pass,
  { node, norm }: StepOf<'conv'> | StepOf<'depthwise'>,
  channels: number,
  input: MapValue,
  readersLeft: number,
): MapValue {
  const out = (size: number) => Math.floor((size + 2 * node.padding - node.kernel) / node.stride) + 1;
  const [height, width] = [out(input.height), out(input.width)];
  const { backend } = pass;
  const statistics = { mean: backend.makeOutput32([channels]), variance: backend.makeOutput32([channels]) };
  pass.statistics.set(norm.name, statistics);
  const table = pass.allocate(tableFloats(channels));
  const normalization: Normalization = {
    rows: pass.batch * height * width,
    channels,
    epsilon: norm.epsilon,
    activation: norm.activation,
    gamma: pass.parameter(`${norm.name}/gamma`),
    beta: pass.parameter(`${norm.name}/beta`),
    mean: backend.offsetOf(statistics.mean),
    variance: backend.offsetOf(statistics.variance),
    table: table.offset,
  };
  pass.counts.set(norm.name, normalization.rows);
  const mapNorm: MapNorm = { name: norm.name, normalization, table };
  const x = pass.allocate(normalization.rows * channels);
  const map: MapValue = { height, width, channels, x, norm: mapNorm, gated: null, readersLeft, gradient: null };
  pass.maps.set(norm.name, map);
  return map;
}

function describe(pass: Pass, { node, patches }: StepOf<'conv'>, input: MapValue, output: MapValue): PointwiseStep {
  const source = input.gated?.map ?? input;
  return {
    rows: pass.rowsOf(output),
    inChannels: node.kernel * node.kernel * node.inChannels,
    outChannels: node.outChannels,
    input: {
      x: source.x!.offset,
      normalization: source.norm?.normalization,
      gate: input.gated?.gate.x?.offset,
    },
    patches: patches ? windowOf(pass, node, input, output) : undefined,
    pixels: output.height * output.width,
    filter: pass.parameter(`${node.name}/weight`),
    z: output.x!.offset,
    output: output.norm!.normalization,
  };
}

function depthwiseParts(pass: Pass, { node }: StepOf<'depthwise'>, input: MapValue, output: MapValue): DepthwiseStep {
  return {
    x: input.x!.offset,
    input: input.norm?.normalization,
    filter: pass.parameter(`${node.name}/weight`),
    z: output.x!.offset,
    output: output.norm!.normalization,
  };
}

function depthwiseShape(pass: Pass, { node }: StepOf<'depthwise'>, input: MapValue, output: MapValue): DepthwiseShape {
  return { ...frameOf(pass, node, input, output), channels: node.channels };
}

function windowOf(pass: Pass, node: StepOf<'conv'>['node'], input: MapValue, output: MapValue): ConvolutionShape {
  return {
    ...frameOf(pass, node, input, output),
    inChannels: node.inChannels,
    outChannels: node.outChannels,
  };
}

function frameOf(
  { batch }: Pass,
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number },
  input: MapValue,
  output: MapValue,
) {
  return {
    batch,
    inHeight: input.height,
    inWidth: input.width,
    outHeight: output.height,
    outWidth: output.width,
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideHeight: stride,
    strideWidth: stride,
    padTop: padding,
    padLeft: padding,
  };
}
