import type { ConvolutionStep, DenseStep } from '../../lowering/index.ts';
import { type Affine, type QuantizationPlan, quantizeConstant } from '../../quantize/index.ts';
import { toHalf } from '../half.ts';
import { bytesOf, transpose } from '../layout.ts';
import type { GraphBuilder, TensorIndex } from './graph-builder.ts';
import type { OperatorName, TensorType, TfliteQuantization } from './schema.ts';

/** Weights and biases of a layer, as tensors. */
export interface LayerTensors {
  readonly filter: TensorIndex;
  readonly bias: TensorIndex;
}

/** How a file stores numbers and computes with them. */
export interface Numbers {
  /** Of the values between operators. */
  readonly type: TensorType;
  /** Of an operator that computes with these values. */
  versionOf(operator: OperatorName): number;
  /** How to read the integers of a value; undefined for floats. */
  quantizationOf(value: string): TfliteQuantization | undefined;
  addLayer(builder: GraphBuilder, step: ConvolutionStep | DenseStep): LayerTensors;
  addConstant(builder: GraphBuilder, name: string, values: Float32Array): TensorIndex;
}

/** @param half weights are stored in 16 bits and made 32 when the file is loaded */
export function floatNumbers({ half }: { half: boolean }): Numbers {
  const addNumbers = (builder: GraphBuilder, name: string, shape: readonly number[], values: Float32Array) =>
    builder.addConstant(name, 'float32', shape, bytesOf(values));
  const addHalf = (builder: GraphBuilder, name: string, shape: readonly number[], values: Float32Array) => {
    const stored = builder.addConstant(`${name}:half`, 'float16', shape, bytesOf(toHalf(values)));
    const full = builder.addTensor(name, 'float32', shape);
    // Version 3 is the first that reads 16-bit floats.
    builder.addOperator('DEQUANTIZE', [stored], [full], { version: 3 });
    return full;
  };
  return {
    type: 'float32',
    versionOf: () => 1,
    quantizationOf: () => undefined,
    addLayer(builder, step) {
      // Biases too: XNNPACK computes quickly only where both are of one type. The normalization stays as it was in training.
      const add = half && step.node !== null ? addHalf : addNumbers;
      return {
        filter: add(builder, `${step.name}/weight`, filterShape(step), layFilter(step, step.weight.values)),
        bias: add(builder, `${step.name}/bias`, [step.bias.length], step.bias),
      };
    },
    addConstant: (builder, name, values) => addNumbers(builder, name, [values.length], values),
  };
}

/** Versions of the operators that compute with signed 8-bit integers; those that are not named do so in their first. */
const INTEGER_VERSIONS: Partial<Record<OperatorName, number>> = {
  ADD: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 3,
  FULLY_CONNECTED: 4,
  MEAN: 2,
  MUL: 2,
  PAD: 2,
  RELU: 2,
  RELU6: 2,
};

export function integerNumbers(plan: QuantizationPlan): Numbers {
  return {
    type: 'int8',
    versionOf: (operator) => INTEGER_VERSIONS[operator] ?? 1,
    quantizationOf: (value) => describeAffine(plan.values.get(value)!),
    addLayer(builder, step) {
      const { weights, scales, biases } = plan.layers.get(step.name)!;
      const input = plan.values.get(step.input)!;
      const filter = Int8Array.from(layFilter(step, Float32Array.from(weights)));
      const outputs = step.op === 'conv' && step.depthwise ? 3 : 0;
      return {
        filter: builder.addConstant(
          shortName(builder),
          'int8',
          filterShape(step),
          bytesOf(filter),
          describeScales(scales, outputs),
        ),
        bias: builder.addConstant(
          shortName(builder),
          'int32',
          [biases.length],
          bytesOf(biases),
          describeScales(
            scales.map((scale) => scale * input.scale),
            0,
          ),
        ),
      };
    },
    addConstant(builder, _, values) {
      const { integers, scale } = quantizeConstant(values);
      const quantization = describeAffine({ scale, zeroPoint: 0 });
      return builder.addConstant(shortName(builder), 'int8', [values.length], bytesOf(integers), quantization);
    },
  };
}

/** Names of weights and biases would add half a percent to a small file; the operators that read them are told apart anyway. */
function shortName({ tensors }: GraphBuilder): string {
  return `~${tensors.length.toString(36)}`;
}

export function describeAffine({ scale, zeroPoint }: Affine): TfliteQuantization {
  return { scale: [scale], zeroPoint: [zeroPoint], quantizedDimension: 0 };
}

function describeScales(scales: Float32Array, quantizedDimension: number): TfliteQuantization {
  const dimension = scales.length > 1 ? quantizedDimension : 0;
  return { scale: [...scales], zeroPoint: [...scales].map(() => 0), quantizedDimension: dimension };
}

function filterShape(step: ConvolutionStep | DenseStep): number[] {
  const outputs = step.bias.length;
  if (step.op === 'dense') return [outputs, step.weight.shape[0]!];
  const { kernel } = step;
  return step.depthwise ? [1, kernel, kernel, outputs] : [outputs, kernel, kernel, step.weight.shape[2]!];
}

/** Depthwise weights lie as TFLite has them; of others, the output channels come first. */
function layFilter(step: ConvolutionStep | DenseStep, values: Float32Array): Float32Array {
  return step.op === 'conv' && step.depthwise ? values : transpose(values, step.bias.length);
}
