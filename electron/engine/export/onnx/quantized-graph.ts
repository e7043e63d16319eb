import type { ConvolutionStep, DenseStep, FusedActivation, Step } from '../../lowering/index.ts';
import { INT8, INT32, type OnnxGraph } from '../../onnx/messages.ts';
import { type Affine, type QuantizationPlan, quantizeConstant } from '../../quantize/index.ts';
import { INPUT, OUTPUT } from './graph.ts';
import { describeValue, movePlanesLast, NodeList } from './node-list.ts';

/**
 * A plan as an ONNX graph in the "QDQ" form: float operations between pairs of QuantizeLinear and DequantizeLinear, which
 * runtimes melt into operations on integers. `image` and `logits` are float32, as in the other files.
 */
export function buildQuantizedGraph(plan: QuantizationPlan, name: string): OnnxGraph {
  const graph = new QuantizedGraph(plan);
  const { program } = plan;
  graph.addInput();
  for (const step of program.steps) graph.addStep(step);
  graph.list.renameValue(graph.valueOf(program.output), OUTPUT);
  const [height, width] = program.inputShape;
  const [classes] = program.steps.find((step) => step.name === program.output)!.shape;
  return {
    name,
    node: graph.list.nodes,
    initializer: graph.list.initializers,
    input: [describeValue(INPUT, ['batch', 3, height!, width!])],
    output: [describeValue(OUTPUT, ['batch', classes!])],
  };
}

class QuantizedGraph {
  readonly list = new NodeList();
  readonly #plan: QuantizationPlan;
  /** Names of the values after their rounding. */
  readonly #values = new Map<string, string>();
  /** Names of numbers that may have more than one reader, by what they are. */
  readonly #shared = new Map<string, string>();
  #taken = 0;

  constructor(plan: QuantizationPlan) {
    this.#plan = plan;
  }

  valueOf(name: string): string {
    return this.#values.get(name)!;
  }

  addInput(): void {
    this.#addRounding(this.#plan.program.input, INPUT);
  }

  addStep(step: Step): void {
    // What is only seen in another shape has its integers already.
    if (step.op === 'flatten') this.#values.set(step.name, this.#emit(step, 'Flatten', { axis: { int: 1 } }));
    else this.#addRounding(step.name, this.#compute(step));
  }

  /** Adds a step's operation and returns the name of its result, not yet rounded. */
  #compute(step: Exclude<Step, { op: 'flatten' }>): string {
    switch (step.op) {
      case 'conv':
        return this.#addConvolution(step);
      case 'dense': {
        const layer = this.#plan.layers.get(step.name)!;
        const weight = this.#addIntegers(step.weight.shape, layer.weights, layer.scales, INT8);
        const sums = this.list.emit(step.name, 'Gemm', [this.valueOf(step.input), weight, this.#addBias(step)]);
        return this.#activate(step, sums, step.activation);
      }
      case 'hardSwish':
        return this.#emit(step, 'HardSwish');
      case 'relu':
        return this.#activate(step, this.valueOf(step.input), step.activation);
      case 'add':
        return this.#activate(step, this.#emitBinary(step, 'Add', this.valueOf(step.other)), step.activation);
      case 'scale':
        return this.#emitBinary(step, 'Mul', this.valueOf(step.other));
      case 'addConstant':
        return this.#activate(step, this.#emitBinary(step, 'Add', this.#addNumbers(step)), step.activation);
      case 'multiplyConstant':
        return this.#emitBinary(step, 'Mul', this.#addNumbers(step));
      case 'mean': {
        const mean = this.#emit(step, 'GlobalAveragePool');
        if (step.shape.length === 3) return mean;
        return this.list.emit(`${step.name}:flat`, 'Flatten', [mean], { axis: { int: 1 } });
      }
      default:
        return step satisfies never;
    }
  }

  #addConvolution(step: ConvolutionStep): string {
    const { kernel, stride, padding, depthwise } = step;
    const { weights, scales } = this.#plan.layers.get(step.name)!;
    const outputs = step.bias.length;
    const inputs = depthwise ? 1 : step.weight.shape[2]!;
    // [kernel, kernel, in, out] (depthwise: [kernel, kernel, channels, 1]) to [out, in / group, kernel, kernel].
    const integers = movePlanesLast(Float32Array.from(weights), kernel * kernel, inputs, outputs);
    const shape = [outputs, inputs, kernel, kernel];
    const weight = this.#addIntegers(shape, Int8Array.from(integers), scales, INT8);
    const sums = this.list.emit(step.name, 'Conv', [this.valueOf(step.input), weight, this.#addBias(step)], {
      group: { int: depthwise ? outputs : 1 },
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [padding, padding, padding, padding] },
      strides: { ints: [stride, stride] },
    });
    return this.#activate(step, sums, step.activation);
  }

  #addBias(step: ConvolutionStep | DenseStep): string {
    const { biases, scales } = this.#plan.layers.get(step.name)!;
    const { scale } = this.#plan.values.get(step.input)!;
    const products = scales.map((weightScale) => weightScale * scale);
    return this.#addIntegers([biases.length], biases, products, INT32);
  }

  /** Integers and what makes numbers of them: one scale for each entry of the first dimension, or one for all. */
  #addIntegers(shape: readonly number[], integers: Int8Array | Int32Array, scales: Float32Array, type: number): string {
    const dims = scales.length > 1 ? [scales.length] : [];
    return this.list.emit(
      this.#takeName(),
      'DequantizeLinear',
      [this.list.add(this.#takeName(), shape, integers, type), this.#addShared(dims, scales)],
      dims.length > 0 ? { axis: { int: 0 } } : {},
    );
  }

  #addRounding(name: string, value: string): void {
    const [scale, zeroPoint] = this.#addAffine(this.#plan.values.get(name)!);
    const integers = this.list.emit(this.#takeName(), 'QuantizeLinear', [value, scale, zeroPoint]);
    this.#values.set(name, this.list.emit(this.#takeName(), 'DequantizeLinear', [integers, scale, zeroPoint]));
  }

  #addAffine({ scale, zeroPoint }: Affine): [string, string] {
    return [this.#addShared([], Float32Array.of(scale)), this.#addShared([], Int8Array.of(zeroPoint), INT8)];
  }

  /** Adds what many say alike, such as that a layer's biases have the scales of its weights, only once. */
  #addShared(dims: readonly number[], values: Float32Array | Int8Array, type?: number): string {
    const key = `${type} ${dims} ${values}`;
    const name = this.#shared.get(key) ?? this.list.add(this.#takeName(), dims, values, type);
    this.#shared.set(key, name);
    return name;
  }

  /** For what stands around the operations: so many long names would be as much as a twentieth of a small file. */
  #takeName(): string {
    return `~${(this.#taken++).toString(36)}`;
  }

  /** Of feature maps, channels come before height and width. */
  #addNumbers({ shape, values }: Extract<Step, { values: Float32Array }>): string {
    const dims = shape.length === 3 ? [1, values.length, 1, 1] : [values.length];
    const { integers, scale } = quantizeConstant(values);
    return this.#addIntegers(dims, integers, Float32Array.of(scale), INT8);
  }

  #emit(step: Step, operation: string, attributes: Parameters<NodeList['emit']>[3] = {}): string {
    return this.list.emit(step.name, operation, [this.valueOf(step.input)], attributes);
  }

  #emitBinary(step: Step, operation: 'Add' | 'Mul', other: string): string {
    return this.list.emit(step.name, operation, [this.valueOf(step.input), other]);
  }

  #activate(step: Step, value: string, activation: FusedActivation): string {
    const name = `${step.name}:${activation}`;
    if (activation === 'none') return value;
    if (activation === 'relu') return this.list.emit(name, 'Relu', [value]);
    return this.list.emit(name, 'Clip', [value, this.list.addScalar(0), this.list.addScalar(6)]);
  }
}
