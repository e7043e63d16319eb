import type { ConvolutionStep, DenseStep, FusedActivation, Program, Step } from '../../lowering/index.ts';
import { movePlanesLast, transpose } from '../layout.ts';
import { UniqueNames } from '../unique-names.ts';
import type { MilFunction } from './messages.ts';
import { ProgramBuilder, tensorType, textListValue, textValue } from './program-builder.ts';
import type { StoredFloat } from './weight-file.ts';

export const INPUT = 'image';
/** Inside of the program; what comes out of it are the two below. */
export const LOGITS = 'logits';
export const LABEL = 'classLabel';
export const PROBABILITIES = 'classLabel_probs';
const SHARES = 'probabilities';

/** The operation set of Core ML 6, which came with iOS 16 and macOS 13. */
export const OPSET = 'CoreML6';

/**
 * A program as the function of an ML program: `image` float32 `[1, 3, height, width]`, RGB 0..255, which Core ML makes of a
 * picture; `classLabel`, the most likely class, and `classLabel_probs`, the probability of each.
 *
 * @param precision `fp16`: weights and all values behind the normalization of pixels are 16-bit floats, as the Neural Engine
 *   wants them; the logits are 32-bit again
 */
export function buildFunction(
  program: Program,
  classes: readonly string[],
  precision: StoredFloat,
): { main: MilFunction; weights: Uint8Array } {
  const graph = new ProgramGraph(program, precision);
  for (const step of program.steps) graph.addStep(step);
  graph.addClassification(classes);
  const { builder } = graph;
  const [height, width] = program.inputShape;
  return {
    main: {
      inputs: [{ name: INPUT, type: tensorType('fp32', [1, 3, height!, width!]) }],
      opset: OPSET,
      blockSpecializations: { [OPSET]: { outputs: [LABEL, PROBABILITIES], operations: builder.operations } },
    },
    weights: builder.weights.finish(),
  };
}

class ProgramGraph {
  readonly builder = new ProgramBuilder([INPUT, LOGITS, SHARES, LABEL, PROBABILITIES]);
  readonly #program: Program;
  readonly #precision: StoredFloat;
  /** Names of the program's values in the file. */
  readonly #values: Map<string, string>;

  constructor(program: Program, precision: StoredFloat) {
    this.#program = program;
    this.#precision = precision;
    this.#values = new Map([[program.input, INPUT]]);
  }

  addStep(step: Step): void {
    const x = this.#nameOf(step.input);
    switch (step.op) {
      case 'conv':
        this.#addConvolution(step, x);
        return;
      case 'dense': {
        // [in, out] to [out, in].
        const weight = this.#addNumbers(
          `${step.name}_weight`,
          [...step.weight.shape].reverse(),
          transpose(step.weight.values, step.bias.length),
        );
        this.#addActivated(step, 'linear', { x, weight, bias: this.#addBias(step) }, step.activation);
        return;
      }
      case 'hardSwish': {
        const alpha = this.#addNumbers('sixth', [], Float32Array.of(1 / 6));
        const beta = this.#addNumbers('half', [], Float32Array.of(0.5));
        const gate = this.#addInner(step, 'gate', 'sigmoid_hard', { x, alpha, beta });
        this.#addResult(step, 'mul', { x, y: gate });
        return;
      }
      case 'relu':
        this.#addResult(step, step.activation, { x });
        return;
      case 'add':
        this.#addActivated(step, 'add', { x, y: this.#nameOf(step.other) }, step.activation);
        return;
      case 'scale':
        this.#addResult(step, 'mul', { x, y: this.#nameOf(step.other) });
        return;
      case 'addConstant':
        this.#addActivated(step, 'add', { x, y: this.#addConstant(step) }, step.activation);
        return;
      case 'multiplyConstant':
        this.#addResult(step, 'mul', { x, y: this.#addConstant(step) });
        return;
      case 'mean': {
        const keep = this.builder.addFlag(step.shape.length === 3);
        this.#addResult(step, 'reduce_mean', { x, axes: this.builder.addIntegers([2, 3]), keep_dims: keep });
        return;
      }
      case 'flatten':
        this.#addResult(step, 'reshape', { x, shape: this.builder.addIntegers(orderShape(step.shape)) });
        return;
      default:
        step satisfies never;
    }
  }

  /** Adds what makes a label and probabilities of the logits. */
  addClassification(classes: readonly string[]): void {
    const { builder } = this;
    const axis = builder.addIntegers(-1);
    const shape = [1, classes.length];
    builder.add('softmax', { x: LOGITS, axis }, { wanted: SHARES, name: SHARES, dataType: 'fp32', shape });
    // The labels are the keys of a dictionary, so no two may be the same.
    const names = new UniqueNames();
    builder.operations.push({
      type: 'classify',
      inputs: {
        probabilities: { arguments: [{ name: SHARES }] },
        classes: { arguments: [{ value: textListValue(classes.map((label) => names.take(label))) }] },
      },
      outputs: [
        { name: LABEL, type: tensorType('string', []) },
        {
          name: PROBABILITIES,
          type: { dictionaryType: { keyType: tensorType('string', []), valueType: tensorType('fp64', []) } },
        },
      ],
      attributes: { name: textValue('classify') },
    });
  }

  #addConvolution(step: ConvolutionStep, x: string): void {
    const { kernel, stride, padding, depthwise, weight } = step;
    const outputs = step.bias.length;
    const inputs = depthwise ? 1 : weight.shape[2]!;
    const { builder } = this;
    // Pixels are normalized in 32 bits, as in training.
    const dataType = step.node === null ? 'fp32' : this.#precision;
    this.#addActivated(
      step,
      'conv',
      {
        x,
        // [kernel, kernel, in, out] (depthwise: [kernel, kernel, channels, 1]) to [out, in / group, kernel, kernel].
        weight: builder.addNumbers(
          `${step.name}_weight`,
          [outputs, inputs, kernel, kernel],
          movePlanesLast(weight.values, kernel * kernel, inputs, outputs),
          dataType,
        ),
        bias: this.#addBias(step, dataType),
        strides: builder.addIntegers([stride, stride]),
        pad_type: builder.addText('custom'),
        pad: builder.addIntegers([padding, padding, padding, padding]),
        dilations: builder.addIntegers([1, 1]),
        groups: builder.addIntegers(depthwise ? outputs : 1),
      },
      step.activation,
      dataType,
    );
  }

  #addBias(step: ConvolutionStep | DenseStep, dataType = this.#precision): string {
    return this.builder.addNumbers(`${step.name}_bias`, [step.bias.length], step.bias, dataType);
  }

  /** One number for each channel, or one for all; of feature maps, channels come before height and width. */
  #addConstant({ name, shape, values }: Step & { values: Float32Array }): string {
    return this.#addNumbers(
      `${name}_values`,
      shape.length === 3 ? [1, values.length, 1, 1] : [1, values.length],
      values,
    );
  }

  #addNumbers(name: string, shape: readonly number[], values: Float32Array): string {
    return this.builder.addNumbers(name, shape, values, this.#precision);
  }

  #addActivated(
    step: Step,
    type: string,
    inputs: Readonly<Record<string, string>>,
    activation: FusedActivation,
    dataType = this.#precision,
  ): void {
    if (activation === 'none') this.#addResult(step, type, inputs, dataType);
    else this.#addResult(step, activation, { x: this.#addInner(step, 'linear', type, inputs, dataType) }, dataType);
  }

  /** An operation whose result only the step itself reads. */
  #addInner(
    step: Step,
    role: string,
    type: string,
    inputs: Readonly<Record<string, string>>,
    dataType = this.#precision,
  ): string {
    return this.builder.add(type, inputs, { wanted: `${step.name}_${role}`, dataType, shape: orderShape(step.shape) });
  }

  /** The operation that gives a step's value, which is brought to 16 bits where others want it so, and back at the end. */
  #addResult(
    step: Step,
    type: string,
    inputs: Readonly<Record<string, string>>,
    dataType: StoredFloat = this.#precision,
  ): void {
    const shape = orderShape(step.shape);
    const isOutput = step.name === this.#program.output;
    const wantedType = isOutput ? 'fp32' : this.#precision;
    const cast = dataType !== wantedType;
    const name = isOutput ? LOGITS : null;
    let value = this.builder.add(type, inputs, { wanted: step.name, name: cast ? null : name, dataType, shape });
    if (cast)
      value = this.builder.add(
        'cast',
        { x: value, dtype: this.builder.addText(wantedType) },
        { wanted: `${step.name}_${wantedType}`, name, dataType: wantedType, shape },
      );
    this.#values.set(step.name, value);
  }

  #nameOf(value: string): string {
    return this.#values.get(value)!;
  }
}

/** `[height, width, channels]` of one image to `[1, channels, height, width]`, `[features]` to `[1, features]`. */
function orderShape(shape: readonly number[]): number[] {
  const [height, width, channels] = shape;
  return shape.length === 3 ? [1, channels!, height!, width!] : [1, ...shape];
}
