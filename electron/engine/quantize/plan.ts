import { type ConvolutionStep, type DenseStep, inputsOf, type Program, type Step } from '../lowering/index.ts';
import type { HostTensor } from '../model/index.ts';
import { type Affine, affineOf, coarsen, PIXELS } from './affine.ts';
import type { Observation } from './observe.ts';
import { findScales, restoreByChannel, toIntegers } from './quantize-weights.ts';
import { RANGE_METHODS, type RangeMethod } from './ranges.ts';
import { groupByUnit } from './unit-groups.ts';

/** Summands of a sum may be finer than it by this, and not more: LiteRT gives rubbish from 2^-10 on. */
const FINEST_SUMMAND = 2 ** -9;
/** What a layer gives may be finer than its products by this, and not more: LiteRT gives rubbish from 2^-8 on. */
const FINEST_OUTPUT = 2 ** -7;
/** Sums get one scale where theirs differ by no more than this, which costs the finest less than two of its 8 bits. */
const LIKE_SUMS = 3;

/** A layer's numbers as integers. */
export interface IntegerLayer {
  /** -127..127, laid out as the step's weights. */
  readonly weights: Int8Array;
  /** What one stands for: one scale for each output channel, or one for all. */
  readonly scales: Float32Array;
  /** In units of the input's scale times the weights'. */
  readonly biases: Int32Array;
}

/** A program to compute with integers: the same parameters for every file format. */
export interface QuantizationPlan {
  readonly program: Program;
  /** How to read the integers of each value, by name; includes the input. */
  readonly values: ReadonlyMap<string, Affine>;
  /** By the name of the step. */
  readonly layers: ReadonlyMap<string, IntegerLayer>;
  /** Whether it was trained on as integers, so that it computes something else than the network that it was made of. */
  readonly trained?: boolean;
}

/**
 * Chooses the integers for all values and weights of a program: weights symmetric, by output channel; values asymmetric, one
 * scale for all channels; biases in 32 bits (Krishnamoorthi 2018).
 *
 * @param observations of exactly this program's values
 * @param correct whether biases make up for what rounding the weights changes in the mean (Nagel et al. 2019)
 * @param share whether sums along a residual branch get one scale, so that files get smaller: see `chooseUnits`
 */
export function planQuantization(
  program: Program,
  observations: ReadonlyMap<string, Observation>,
  { method, correct, share }: { method: RangeMethod; correct: boolean; share: boolean },
): QuantizationPlan {
  const own = new Map(
    program.steps.map(({ name }) => [name, affineOf(RANGE_METHODS[method](observations.get(name)!))]),
  );
  const observed = share ? shareScales(program, own) : own;
  const finest = findFinestScales(program, observed);
  const values = new Map<string, Affine>([[program.input, PIXELS]]);
  const layers = new Map<string, IntegerLayer>();
  for (const step of program.steps) {
    const input = values.get(step.input)!;
    let least = finest.get(step.name) ?? 0;
    if (step.op === 'conv' || step.op === 'dense') {
      const means = correct ? observations.get(step.input)?.channelMeans : undefined;
      const layer = quantizeLayer(step, input, means);
      layers.set(step.name, layer);
      const product = input.scale * layer.scales.reduce((largest, scale) => Math.max(largest, scale), 0);
      least = Math.max(least, FINEST_OUTPUT * product);
    }
    values.set(step.name, chooseAffine(step, input, coarsen(observed.get(step.name)!, least)));
  }
  return { program, values, layers };
}

/** A plan for other weights and biases of the same steps, whose values are read as before. */
export function replanLayers({ values, layers }: QuantizationPlan, program: Program): QuantizationPlan {
  const changed = program.steps.flatMap((step) =>
    step.op === 'conv' || step.op === 'dense'
      ? [[step.name, quantizeLayer(step, values.get(step.input)!, undefined)] as const]
      : [],
  );
  return { program, values, layers: new Map([...layers, ...changed]), trained: true };
}

function chooseAffine(step: Step, input: Affine, observed: Affine): Affine {
  const factor = factorOf(step);
  // The very integers of the input, read in another way: nothing is lost.
  return factor === null ? observed : { scale: Math.fround(input.scale * factor), zeroPoint: input.zeroPoint };
}

/** Gives the sums along a residual branch that convolutions read one scale. */
function shareScales(program: Program, observed: ReadonlyMap<string, Affine>): ReadonlyMap<string, Affine> {
  const shared = new Map(observed);
  const read = new Set(program.steps.flatMap((step) => (step.op === 'conv' ? [step.input] : [])));
  for (const { names, kept } of groupByUnit(program, observed)) {
    const sums = names.filter((name) => !kept && read.has(name));
    const coarsest = Math.max(...sums.map((name) => observed.get(name)!.scale));
    for (const name of sums)
      if (observed.get(name)!.scale * LIKE_SUMS >= coarsest) shared.set(name, coarsen(observed.get(name)!, coarsest));
  }
  return shared;
}

/** What a step's values are of its input's, where both have the same integers; null elsewhere. */
function factorOf(step: Step): number | null {
  if (step.op === 'flatten') return 1;
  return step.op === 'multiplyConstant' && step.values.length === 1 && step.values[0]! > 0 ? step.values[0]! : null;
}

/** The finest scales that values which go into a sum may have. What is finer is lost in the sum anyway. */
function findFinestScales(program: Program, observed: ReadonlyMap<string, Affine>): ReadonlyMap<string, number> {
  const finest = new Map<string, number>();
  const demand = (name: string, scale: number) => finest.set(name, Math.max(scale, finest.get(name) ?? 0));
  for (const step of program.steps.toReversed()) {
    const own = finest.get(step.name) ?? 0;
    const factor = factorOf(step);
    if (factor !== null) demand(step.input, own / factor);
    else if (step.op === 'add' || step.op === 'addConstant')
      for (const name of inputsOf(step)) demand(name, FINEST_SUMMAND * Math.max(own, observed.get(step.name)!.scale));
  }
  return finest;
}

function quantizeLayer(
  step: ConvolutionStep | DenseStep,
  input: Affine,
  inputMeans: Float64Array | undefined,
): IntegerLayer {
  const { integers, scales } = quantizeWeights(step, input);
  const shifts = inputMeans ? meanError(step, integers, scales, inputMeans) : new Float64Array(step.bias.length);
  const biases = Int32Array.from(step.bias, (value, c) =>
    Math.round((value + shifts[c]!) / (input.scale * scales[c % scales.length]!)),
  );
  return { weights: integers, scales, biases };
}

/** Older runtimes know only one scale for the weights of a dense layer. */
function quantizeWeights(step: ConvolutionStep | DenseStep, input: Affine) {
  const channels = step.op === 'dense' ? 1 : step.bias.length;
  const scales = findScales(step.weight.values, channels);
  // A channel of tiny weights gets a larger scale where its bias would not fit in 32 bits otherwise.
  for (const [c, value] of step.bias.entries()) {
    const at = c % channels;
    scales[at] = Math.max(scales[at]!, Math.abs(value) / (input.scale * 2 ** 30));
  }
  return { integers: toIntegers(step.weight.values, scales), scales };
}

/** What each output channel loses in the mean by the rounding of its weights. */
function meanError(
  { weight, bias, ...step }: ConvolutionStep | DenseStep,
  integers: Int8Array,
  scales: Float32Array,
  inputMeans: Float64Array,
): Float64Array {
  const outputs = bias.length;
  const depthwise = step.op === 'conv' && step.depthwise;
  const errors = new Float64Array(outputs);
  const restored = restoreByChannel({ integers, scales });
  const inputs = inputMeans.length;
  for (let row = 0; row * outputs < restored.length; row++)
    for (let output = 0; output < outputs; output++) {
      const i = row * outputs + output;
      const mean = inputMeans[depthwise ? output : row % inputs]!;
      errors[output]! += (weight.values[i]! - restored[i]!) * mean;
    }
  return errors;
}

/** The numbers that a layer's integers stand for. */
export function restoreLayer(
  step: ConvolutionStep | DenseStep,
  { weights, scales, biases }: IntegerLayer,
  input: Affine,
): { weight: HostTensor; bias: Float32Array } {
  return {
    weight: { shape: step.weight.shape, values: restoreByChannel({ integers: weights, scales }) },
    bias: Float32Array.from(biases, (integer, c) => integer * input.scale * scales[c % scales.length]!),
  };
}
