import { type ConvolutionStep, choosePadding, type Margin, type Program, type Step } from '../../lowering/index.ts';
import { UniqueNames } from '../unique-names.ts';
import { GraphBuilder, type TensorIndex } from './graph-builder.ts';
import type { Numbers } from './numbers.ts';
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
 * A program as operators: NHWC as it stands, so that nothing is transposed.
 *
 * @param bare what goes in and comes out are the numbers that the file computes with; else they are floats
 */
export function buildGraph(program: Program, numbers: Numbers, { bare }: { bare: boolean }): TfliteGraph {
  const graph = new ProgramGraph(program, numbers, bare);
  for (const step of program.steps) graph.addStep(step);
  return { builder: graph.builder, input: graph.input, output: graph.finish() };
}

class ProgramGraph {
  readonly builder = new GraphBuilder();
  readonly input: TensorIndex;
  readonly #program: Program;
  readonly #numbers: Numbers;
  readonly #bare: boolean;
  readonly #names = new UniqueNames();
  readonly #values = new Map<string, { tensor: TensorIndex; shape: readonly number[] }>();

  constructor(program: Program, numbers: Numbers, bare: boolean) {
    this.#program = program;
    this.#numbers = numbers;
    this.#bare = bare;
    const shape = [1, ...program.inputShape];
    this.#names.take(OUTPUT);
    const name = this.#names.take(INPUT);
    this.input = bare
      ? this.builder.addTensor(name, numbers.type, shape, numbers.quantizationOf(program.input))
      : this.builder.addTensor(name, 'float32', shape);
    if (bare) this.#values.set(program.input, { tensor: this.input, shape });
    else this.builder.addOperator('QUANTIZE', [this.input], [this.#addValue(program.input, program.inputShape)]);
  }

  /** Adds what turns the logits into floats, where they are not, and returns their tensor. */
  finish(): TensorIndex {
    const { tensor, shape } = this.#values.get(this.#program.output)!;
    if (this.#bare) return tensor;
    const output = this.builder.addTensor(OUTPUT, 'float32', shape);
    // Version 2 is the first that reads signed 8-bit integers.
    this.builder.addOperator('DEQUANTIZE', [tensor], [output], { version: 2 });
    return output;
  }

  addStep(step: Step): void {
    switch (step.op) {
      case 'conv':
        this.#addConvolution(step);
        return;
      case 'dense': {
        const { filter, bias } = this.#numbers.addLayer(this.builder, step);
        this.#addOperator('FULLY_CONNECTED', [filter, bias], step, { fusedActivation: FUSED[step.activation] });
        return;
      }
      case 'hardSwish':
        this.#addOperator('HARD_SWISH', [], step);
        return;
      case 'relu':
        this.#addOperator(step.activation === 'relu' ? 'RELU' : 'RELU6', [], step);
        return;
      case 'add':
        this.#addOperator('ADD', [this.#tensorOf(step.other)], step, { fusedActivation: FUSED[step.activation] });
        return;
      case 'scale':
        this.#addOperator('MUL', [this.#tensorOf(step.other)], step, { fusedActivation: FUSED.none });
        return;
      case 'addConstant':
        this.#addOperator('ADD', [this.#addConstant(step)], step, { fusedActivation: FUSED[step.activation] });
        return;
      case 'multiplyConstant':
        this.#addOperator('MUL', [this.#addConstant(step)], step, { fusedActivation: FUSED.none });
        return;
      case 'mean': {
        this.#addOperator('MEAN', [this.builder.addArgument([2], [1, 2])], step, { keepDims: step.shape.length === 3 });
        return;
      }
      case 'flatten': {
        const newShape = [1, ...step.shape];
        this.#addOperator('RESHAPE', [this.builder.addArgument([2], newShape)], step, { newShape });
        return;
      }
      default:
        step satisfies never;
    }
  }

  #addConvolution(step: ConvolutionStep): void {
    const [, height, width] = this.#values.get(step.input)!.shape;
    const padding = choosePadding([height!, width!], step);
    const input =
      padding.way === 'pad' ? this.#addPadding(step, padding.rows, padding.columns) : this.#tensorOf(step.input);
    const { filter, bias } = this.#numbers.addLayer(this.builder, step);
    const operator = step.depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D';
    this.builder.addOperator(operator, [input, filter, bias], [this.#addValue(step.name, step.shape)], {
      version: this.#numbers.versionOf(operator),
      options: {
        padding: padding.way === 'same' ? PADDING.same : PADDING.valid,
        strideWidth: step.stride,
        strideHeight: step.stride,
        ...(step.depthwise && { depthMultiplier: 1 }),
        fusedActivation: FUSED[step.activation],
        dilationWidth: 1,
        dilationHeight: 1,
      },
    });
  }

  #addPadding(step: ConvolutionStep, rows: Margin, columns: Margin): TensorIndex {
    const [, height, width, channels] = this.#values.get(step.input)!.shape;
    const margins = this.builder.addArgument([4, 2], [0, 0, ...rows, ...columns, 0, 0]);
    const shape = [1, height! + rows[0] + rows[1], width! + columns[0] + columns[1], channels!];
    const padded = this.builder.addTensor(
      this.#names.take(`${step.name}:padded`),
      this.#numbers.type,
      shape,
      this.#numbers.quantizationOf(step.input),
    );
    this.builder.addOperator('PAD', [this.#tensorOf(step.input), margins], [padded], {
      version: this.#numbers.versionOf('PAD'),
    });
    return padded;
  }

  #addOperator(
    operator: OperatorName,
    others: readonly TensorIndex[],
    step: Step,
    options: Readonly<Record<string, unknown>> = {},
  ): void {
    this.builder.addOperator(
      operator,
      [this.#tensorOf(step.input), ...others],
      [this.#addValue(step.name, step.shape)],
      { version: this.#numbers.versionOf(operator), options },
    );
  }

  #addConstant({ name, values }: { name: string; values: Float32Array }): TensorIndex {
    return this.#numbers.addConstant(this.builder, `${name}/values`, values);
  }

  #addValue(value: string, imageShape: readonly number[]): TensorIndex {
    const { type } = this.#numbers;
    const shape = [1, ...imageShape];
    const isOutput = value === this.#program.output && this.#bare;
    const name = isOutput ? OUTPUT : this.#names.take(value);
    const tensor = this.builder.addTensor(name, type, shape, this.#numbers.quantizationOf(value));
    this.#values.set(value, { tensor, shape });
    return tensor;
  }

  #tensorOf(value: string): TensorIndex {
    return this.#values.get(value)!.tensor;
  }
}
