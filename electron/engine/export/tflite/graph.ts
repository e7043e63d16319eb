import { toHalf } from '../half.ts';
import { bytesOf, transpose } from '../layout.ts';
import { choosePadding } from '../padding.ts';
import type { ConvolutionStep, DenseStep, Program, Step } from '../steps.ts';
import { GraphBuilder, type TensorIndex } from './graph-builder.ts';
import { FUSED, type OperatorName, PADDING } from './schema.ts';

export const INPUT = 'image';
export const OUTPUT = 'logits';

/** A program as tensors and operators of a TFLite file. */
export interface TfliteGraph {
  readonly builder: GraphBuilder;
  readonly input: TensorIndex;
  readonly output: TensorIndex;
}

/**
 * A program as float operators: NHWC as it stands, so that nothing is transposed.
 *
 * @param halfWeights weights are stored in 16 bits and made 32 when the file is loaded
 */
export function buildFloatGraph(program: Program, { halfWeights }: { halfWeights: boolean }): TfliteGraph {
  const graph = new FloatGraph(program, halfWeights);
  for (const step of program.steps) graph.addStep(step);
  return { builder: graph.builder, input: graph.tensorOf(program.input), output: graph.tensorOf(program.output) };
}

class FloatGraph {
  readonly builder = new GraphBuilder();
  readonly #program: Program;
  readonly #halfWeights: boolean;
  readonly #values = new Map<string, { tensor: TensorIndex; shape: readonly number[] }>();

  constructor(program: Program, halfWeights: boolean) {
    this.#program = program;
    this.#halfWeights = halfWeights;
    const shape = [1, ...program.inputShape];
    this.#values.set(program.input, { tensor: this.builder.addTensor(INPUT, 'float32', shape), shape });
  }

  tensorOf(name: string): TensorIndex {
    return this.#values.get(name)!.tensor;
  }

  addStep(step: Step): void {
    switch (step.op) {
      case 'conv':
        this.#addConvolution(step);
        return;
      case 'dense':
        this.#addDense(step);
        return;
      case 'hardSwish':
        this.#addOperator('HARD_SWISH', [], step);
        return;
      case 'relu':
        this.#addOperator(step.activation === 'relu' ? 'RELU' : 'RELU6', [], step);
        return;
      case 'add':
        this.#addOperator('ADD', [this.tensorOf(step.other)], step, { fusedActivation: FUSED[step.activation] });
        return;
      case 'scale':
        this.#addOperator('MUL', [this.tensorOf(step.other)], step, { fusedActivation: FUSED.none });
        return;
      case 'addConstant':
        this.#addOperator('ADD', [this.#addNumbers(step)], step, { fusedActivation: FUSED[step.activation] });
        return;
      case 'multiplyConstant':
        this.#addOperator('MUL', [this.#addNumbers(step)], step, { fusedActivation: FUSED.none });
        return;
      case 'mean': {
        const axes = this.builder.addConstant(`${step.name}/axes`, 'int32', [2], bytesOf(Int32Array.of(1, 2)));
        this.#addOperator('MEAN', [axes], step, { keepDims: step.shape.length === 3 });
        return;
      }
      case 'flatten': {
        const newShape = [1, ...step.shape];
        const shape = this.builder.addConstant(`${step.name}/shape`, 'int32', [2], bytesOf(Int32Array.from(newShape)));
        this.#addOperator('RESHAPE', [shape], step, { newShape });
        return;
      }
      default:
        step satisfies never;
    }
  }

  #addConvolution(step: ConvolutionStep): void {
    const { kernel, stride, depthwise, weight, bias } = step;
    const channels = step.shape.at(-1)!;
    const [, height, width] = this.#values.get(step.input)!.shape;
    const padding = choosePadding([height!, width!], step);
    const input =
      padding.way === 'pad' ? this.#addPadding(step, padding.rows, padding.columns) : this.tensorOf(step.input);
    // Depthwise weights lie as TFLite has them, [1, kernel, kernel, channels]; others become [out, kernel, kernel, in].
    const [shape, values] = depthwise
      ? [[1, kernel, kernel, channels], weight.values]
      : [[channels, kernel, kernel, weight.shape[2]!], transpose(weight.values, channels)];
    const filter = this.#addWeights(step, 'weight', shape, values);
    const biases = this.#addWeights(step, 'bias', [channels], bias);
    this.builder.addOperator(
      depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
      [input, filter, biases],
      [this.#addValue(step)],
      {
        options: {
          padding: padding.way === 'same' ? PADDING.same : PADDING.valid,
          strideWidth: stride,
          strideHeight: stride,
          ...(depthwise && { depthMultiplier: 1 }),
          fusedActivation: FUSED[step.activation],
          dilationWidth: 1,
          dilationHeight: 1,
        },
      },
    );
  }

  #addPadding(step: ConvolutionStep, rows: readonly [number, number], columns: readonly [number, number]): TensorIndex {
    const [, height, width, channels] = this.#values.get(step.input)!.shape;
    const margins = Int32Array.of(0, 0, ...rows, ...columns, 0, 0);
    const paddings = this.builder.addConstant(`${step.name}/paddings`, 'int32', [4, 2], bytesOf(margins));
    const shape = [1, height! + rows[0] + rows[1], width! + columns[0] + columns[1], channels!];
    const padded = this.builder.addTensor(`${step.name}:padded`, 'float32', shape);
    this.builder.addOperator('PAD', [this.tensorOf(step.input), paddings], [padded]);
    return padded;
  }

  #addDense(step: DenseStep): void {
    const [inFeatures, outFeatures] = step.weight.shape as [number, number]; // As the step's type says.
    const weight = transpose(step.weight.values, outFeatures);
    const filter = this.#addWeights(step, 'weight', [outFeatures, inFeatures], weight);
    const bias = this.#addWeights(step, 'bias', [outFeatures], step.bias);
    this.#addOperator('FULLY_CONNECTED', [filter, bias], step, { fusedActivation: FUSED[step.activation] });
  }

  #addOperator(
    operator: OperatorName,
    others: readonly TensorIndex[],
    step: Step,
    options: Readonly<Record<string, unknown>> = {},
  ): void {
    this.builder.addOperator(operator, [this.tensorOf(step.input), ...others], [this.#addValue(step)], { options });
  }

  #addNumbers({ name, values }: { name: string; values: Float32Array }): TensorIndex {
    return this.builder.addConstant(`${name}/values`, 'float32', [values.length], bytesOf(values));
  }

  /** Biases too: XNNPACK computes quickly only where both are of one type. The normalization stays as it was in training. */
  #addWeights(
    step: ConvolutionStep | DenseStep,
    role: string,
    shape: readonly number[],
    values: Float32Array,
  ): TensorIndex {
    const name = `${step.name}/${role}`;
    if (!this.#halfWeights || step.node === null)
      return this.builder.addConstant(name, 'float32', shape, bytesOf(values));
    const half = this.builder.addConstant(`${name}:half`, 'float16', shape, bytesOf(toHalf(values)));
    const full = this.builder.addTensor(name, 'float32', shape);
    // Version 3 is the first that reads 16-bit floats.
    this.builder.addOperator('DEQUANTIZE', [half], [full], { version: 3 });
    return full;
  }

  #addValue(step: Step): TensorIndex {
    const shape = [1, ...step.shape];
    const name = step.name === this.#program.output ? OUTPUT : step.name;
    const tensor = this.builder.addTensor(name, 'float32', shape);
    this.#values.set(step.name, { tensor, shape });
    return tensor;
  }
}
