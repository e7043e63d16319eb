import {
  type ConvolutionStep,
  choosePadding,
  type DenseStep,
  type FusedActivation,
  type Program,
  type Step,
} from '../../lowering/index.ts';
import { toHalf } from '../half.ts';
import { bytesOf } from '../layout.ts';
import type { Precision } from '../request.ts';
import { UniqueNames } from '../unique-names.ts';
import { toBytes } from './integers.ts';

export const INPUT = 'image';
export const OUTPUT = 'logits';

/** A node of a TensorFlow graph (NodeDef) in protobuf's JSON. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

/** An entry of TF.js's weights manifest. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly quantization?:
    | { readonly dtype: 'float16' }
    | { readonly dtype: 'uint8'; readonly min: number; readonly scale: number };
}

export interface TfjsGraph {
  readonly nodes: readonly GraphNode[];
  readonly weights: readonly WeightEntry[];
  /** The numbers of all weights, one after the other. */
  readonly data: Uint8Array;
}

/**
 * A program as a graph of TensorFlow's operations: NHWC, free batch size, biases and activations fused.
 *
 * @param precision of the weights: `fp16` is stored in 16 bits, `int8` in 8; all are 32-bit floats once
 *   loaded
 */
export function buildGraph(program: Program, precision: Precision): TfjsGraph {
  const graph = new GraphBuilder(program, precision);
  for (const step of program.steps) graph.addStep(step);
  return { nodes: graph.nodes, weights: graph.weights, data: Buffer.concat(graph.data) };
}

const FLOAT = { type: 'DT_FLOAT' };

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly weights: WeightEntry[] = [];
  readonly data: Uint8Array[] = [];
  readonly #program: Program;
  readonly #precision: Precision;
  // A colon would be read as the number of an output.
  readonly #names = new UniqueNames((name) => name.replaceAll(':', '.'));
  readonly #values = new Map<string, { node: string; shape: readonly number[] }>();

  constructor(program: Program, precision: Precision) {
    this.#program = program;
    this.#precision = precision;
    this.#names.take(OUTPUT);
    const node = this.#names.take(INPUT);
    this.#values.set(program.input, { node, shape: program.inputShape });
    this.nodes.push({
      name: node,
      op: 'Placeholder',
      attr: { dtype: FLOAT, shape: { shape: describeShape([-1, ...program.inputShape]) } },
    });
  }

  addStep(step: Step): void {
    const input = this.#nodeOf(step.input);
    switch (step.op) {
      case 'conv':
        this.#addConvolution(step);
        return;
      case 'dense': {
        const attr = { transpose_a: { b: false }, transpose_b: { b: false }, ...fuse(step.activation) };
        this.#addResult(step, '_FusedMatMul', [input, this.#addWeight(step), this.#addBias(step)], attr);
        return;
      }
      case 'hardSwish': {
        // x · relu6(x + 3) / 6: there is no operation of its own.
        const { name } = step;
        const shifted = this.#addNode(`${name}/shifted`, 'AddV2', [input, this.#addNumber(3)]);
        const gate = this.#addNode(`${name}/gate`, 'Relu6', [shifted]);
        const product = this.#addNode(`${name}/product`, 'Mul', [input, gate]);
        this.#addResult(step, 'Mul', [product, this.#addNumber(1 / 6)]);
        return;
      }
      case 'relu':
        this.#addResult(step, step.activation === 'relu' ? 'Relu' : 'Relu6', [input]);
        return;
      case 'add':
        this.#addActivated(step, 'AddV2', [input, this.#nodeOf(step.other)], step.activation);
        return;
      case 'scale':
        this.#addResult(step, 'Mul', [input, this.#nodeOf(step.other)]);
        return;
      case 'addConstant':
        this.#addActivated(step, 'AddV2', [input, this.#addNumbers(step)], step.activation);
        return;
      case 'multiplyConstant':
        this.#addResult(step, 'Mul', [input, this.#addNumbers(step)]);
        return;
      case 'mean': {
        const axes = this.#addConstant(`${step.name}/axes`, [2], Int32Array.of(1, 2));
        this.#addResult(step, 'Mean', [input, axes], { keep_dims: { b: step.shape.length === 3 } });
        return;
      }
      case 'flatten': {
        const shape = this.#addConstant(`${step.name}/shape`, [2], Int32Array.of(-1, ...step.shape));
        this.#addResult(step, 'Reshape', [input, shape]);
        return;
      }
      default:
        step satisfies never;
    }
  }

  #addConvolution(step: ConvolutionStep): void {
    const { stride, depthwise } = step;
    const { node, shape } = this.#values.get(step.input)!;
    const padding = choosePadding([shape[0]!, shape[1]!], step);
    const attr = {
      strides: { list: { i: ['1', `${stride}`, `${stride}`, '1'] } },
      dilations: { list: { i: ['1', '1', '1', '1'] } },
      data_format: text('NHWC'),
      ...(padding.way === 'pad'
        ? {
            padding: text('EXPLICIT'),
            explicit_paddings: { list: { i: [0, 0, ...padding.rows, ...padding.columns, 0, 0].map(String) } },
          }
        : { padding: text(padding.way.toUpperCase()) }),
      ...fuse(step.activation),
    };
    const operation = depthwise ? 'FusedDepthwiseConv2dNative' : '_FusedConv2D';
    this.#addResult(step, operation, [node, this.#addWeight(step), this.#addBias(step)], attr);
  }

  #addWeight(step: ConvolutionStep | DenseStep): string {
    const name = `${step.name}/weight`;
    const { shape, values } = step.weight;
    // The normalization of pixels stays as it was in training.
    if (step.node === null || this.#precision === 'fp32') return this.#addConstant(name, shape, values);
    if (this.#precision === 'fp16')
      return this.#addConstant(name, shape, values, { data: toHalf(values), quantization: { dtype: 'float16' } });
    const { bytes, min, scale, factors } = toBytes(step);
    const stored = { data: bytes, quantization: { dtype: 'uint8', min, scale } } as const;
    if (!factors) return this.#addConstant(name, shape, values, stored);
    const depthwise = step.op === 'conv' && step.depthwise;
    const whole = this.#addConstant(`${name}/integers`, shape, values, stored);
    const scales = this.#addConstant(`${name}/scales`, [factors.length, ...(depthwise ? [1] : [])], factors);
    return this.#addNode(name, 'Mul', [whole, scales]);
  }

  #addBias(step: ConvolutionStep | DenseStep): string {
    const { bias } = step;
    const half = this.#precision === 'fp16' && step.node !== null;
    return this.#addConstant(
      `${step.name}/bias`,
      [bias.length],
      bias,
      half ? { data: toHalf(bias), quantization: { dtype: 'float16' } } : undefined,
    );
  }

  #addNumbers({ name, values }: { name: string; values: Float32Array }): string {
    return this.#addConstant(`${name}/values`, [values.length], values);
  }

  #addNumber(value: number): string {
    return this.#addConstant(`number/${value.toPrecision(3)}`, [], Float32Array.of(value));
  }

  /** @param stored how the numbers lie in the file, where not as they are */
  #addConstant(
    name: string,
    shape: readonly number[],
    values: Float32Array | Int32Array,
    stored?: { data: Uint16Array | Uint8Array; quantization: NonNullable<WeightEntry['quantization']> },
  ): string {
    const node = this.#names.take(name);
    const integer = values instanceof Int32Array;
    const dtype = integer ? 'DT_INT32' : 'DT_FLOAT';
    this.nodes.push({
      name: node,
      op: 'Const',
      attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: describeShape(shape) } } },
    });
    const entry = { name: node, shape, dtype: integer ? 'int32' : 'float32' } as const;
    this.weights.push(stored ? { ...entry, quantization: stored.quantization } : entry);
    this.data.push(bytesOf(stored?.data ?? values));
    return node;
  }

  #addActivated(step: Step, operation: string, inputs: readonly string[], activation: FusedActivation): void {
    if (activation === 'none') this.#addResult(step, operation, inputs);
    else {
      const linear = this.#addNode(`${step.name}/linear`, operation, inputs);
      this.#addResult(step, activation === 'relu' ? 'Relu' : 'Relu6', [linear]);
    }
  }

  #addNode(name: string, op: string, input: readonly string[]): string {
    const node = this.#names.take(name);
    this.nodes.push({ name: node, op, input, attr: { T: FLOAT } });
    return node;
  }

  #addResult(step: Step, op: string, input: readonly string[], attr: Readonly<Record<string, unknown>> = {}): void {
    const name = step.name === this.#program.output ? OUTPUT : this.#names.take(step.name);
    this.#values.set(step.name, { node: name, shape: step.shape });
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
  }

  #nodeOf(value: string): string {
    return this.#values.get(value)!.node;
  }
}

function fuse(activation: FusedActivation): Record<string, unknown> {
  const names = { none: [], relu: ['Relu'], relu6: ['Relu6'] }[activation];
  return { fused_ops: { list: { s: ['BiasAdd', ...names].map((name) => text(name).s) } }, num_args: { i: '1' } };
}

/** Texts of attributes are bytes, and JSON has these in base 64. */
function text(value: string): { s: string } {
  return { s: Buffer.from(value).toString('base64') };
}

function describeShape(shape: readonly number[]): { dim: { size: string }[] } {
  return { dim: shape.map((size) => ({ size: `${size}` })) };
}
