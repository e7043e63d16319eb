import type { ConvolutionStep, DenseStep, FusedActivation, Program, Step } from '../../lowering/index.ts';
import type { OnnxGraph } from '../../onnx/messages.ts';
import { movePlanesLast } from '../layout.ts';
import { describeValue, NodeList } from './node-list.ts';

export const INPUT = 'image';
export const OUTPUT = 'logits';

/** A step with constants, one for each channel or one for all. */
export type ConstantStep = Extract<Step, { values: Float32Array }>;

/** How a file stores its numbers. Each method adds what it takes to the list, and returns the name of the value. */
export interface Numbers {
  /** @param order brings weights of the step's layout into the file's, whose shape is given */
  addWeight(
    step: ConvolutionStep | DenseStep,
    shape: readonly number[],
    order: <Values extends Float32Array | Int8Array>(values: Values) => Values,
  ): string;
  /** Null where there is nothing to add. */
  addBias(step: ConvolutionStep | DenseStep): string | null;
  addConstants(step: ConstantStep, shape: readonly number[]): string;
  /** What others read of a program's value: the value that was computed, perhaps rounded. */
  addReading(name: string, computed: string): string;
}

/**
 * A program as an ONNX graph (operator set 14): `image` float32 `[batch, 3, height, width]`, RGB 0..255; `logits` float32
 * `[batch, classes]`. Results of steps, and convolutions, keep the names of the network's nodes.
 */
export function buildGraph(program: Program, name: string, openNumbers: (list: NodeList) => Numbers): OnnxGraph {
  const list = new NodeList();
  const graph = new GraphBuilder(list, openNumbers(list));
  graph.addInput(program.input);
  for (const step of program.steps) graph.addStep(step);
  list.renameValue(graph.valueOf(program.output), OUTPUT);
  const [height, width] = program.inputShape;
  const [classes] = program.steps.find((step) => step.name === program.output)!.shape;
  return {
    name,
    node: list.nodes,
    initializer: list.initializers,
    input: [describeValue(INPUT, ['batch', 3, height!, width!])],
    output: [describeValue(OUTPUT, ['batch', classes!])],
  };
}

class GraphBuilder {
  readonly #list: NodeList;
  readonly #numbers: Numbers;
  /** What is read of each of the program's values. */
  readonly #values = new Map<string, string>();

  constructor(list: NodeList, numbers: Numbers) {
    this.#list = list;
    this.#numbers = numbers;
  }

  valueOf(name: string): string {
    return this.#values.get(name)!;
  }

  addInput(name: string): void {
    this.#values.set(name, this.#numbers.addReading(name, INPUT));
  }

  addStep(step: Step): void {
    const computed = this.#compute(step);
    // What is only seen in another shape is read as it was before.
    this.#values.set(step.name, step.op === 'flatten' ? computed : this.#numbers.addReading(step.name, computed));
  }

  /** Adds a step's operations and returns the name of their result. */
  #compute(step: Step): string {
    const input = this.valueOf(step.input);
    const { name } = step;
    switch (step.op) {
      case 'conv':
        return this.#addConvolution(step, input);
      case 'dense':
        return this.#addLayer(step, 'Gemm', [
          input,
          this.#numbers.addWeight(step, step.weight.shape, (values) => values),
        ]);
      case 'hardSwish':
        return this.#list.emit(name, 'HardSwish', [input]);
      case 'relu':
        return this.#addActivated(step, step.activation, () => input);
      case 'add':
        return this.#addActivated(step, step.activation, (sum) =>
          this.#list.emit(sum, 'Add', [input, this.valueOf(step.other)]),
        );
      case 'scale':
        return this.#list.emit(name, 'Mul', [input, this.valueOf(step.other)]);
      case 'addConstant':
        return this.#addActivated(step, step.activation, (sum) =>
          this.#list.emit(sum, 'Add', [input, this.#addConstants(step)]),
        );
      case 'multiplyConstant':
        return this.#list.emit(name, 'Mul', [input, this.#addConstants(step)]);
      case 'mean': {
        if (step.shape.length === 3) return this.#list.emit(name, 'GlobalAveragePool', [input]);
        const mean = this.#list.emit(`${name}:mean`, 'GlobalAveragePool', [input]);
        return this.#list.emit(name, 'Flatten', [mean], { axis: { int: 1 } });
      }
      case 'flatten':
        return this.#list.emit(name, 'Flatten', [input], { axis: { int: 1 } });
      default:
        return step satisfies never;
    }
  }

  #addConvolution(step: ConvolutionStep, input: string): string {
    const { kernel, stride, padding, depthwise } = step;
    const outputs = step.bias.length;
    const inputs = depthwise ? 1 : step.weight.shape[2]!;
    // [kernel, kernel, in, out] (depthwise: [kernel, kernel, channels, 1]) to [out, in / group, kernel, kernel].
    const weight = this.#numbers.addWeight(step, [outputs, inputs, kernel, kernel], (values) =>
      movePlanesLast(values, kernel * kernel, inputs, outputs),
    );
    return this.#addLayer(step, 'Conv', [input, weight], {
      group: { int: depthwise ? outputs : 1 },
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [padding, padding, padding, padding] },
      strides: { ints: [stride, stride] },
    });
  }

  #addLayer(
    step: ConvolutionStep | DenseStep,
    operation: 'Conv' | 'Gemm',
    inputs: readonly string[],
    attributes: Parameters<NodeList['emit']>[3] = {},
  ): string {
    const bias = this.#numbers.addBias(step);
    const all = bias === null ? [...inputs] : [...inputs, bias];
    return this.#addActivated(step, step.activation, (sum) =>
      this.#list.emit(step.node ?? sum, operation, all, attributes),
    );
  }

  /** Runtimes compute an activation inside of the operation before; in the file it is a node of its own. */
  #addActivated({ name }: Step, activation: FusedActivation, addSum: (name: string) => string): string {
    switch (activation) {
      case 'none':
        return addSum(name);
      case 'relu':
        return this.#list.emit(name, 'Relu', [addSum(`${name}:linear`)]);
      case 'relu6': {
        const sum = addSum(`${name}:linear`);
        return this.#list.emit(name, 'Clip', [sum, this.#list.addScalar(0), this.#list.addScalar(6)]);
      }
      default:
        return activation satisfies never;
    }
  }

  /** Of feature maps, channels come before height and width. */
  #addConstants(step: ConstantStep): string {
    const { shape, values } = step;
    return this.#numbers.addConstants(step, shape.length === 3 ? [1, values.length, 1, 1] : [values.length]);
  }
}
