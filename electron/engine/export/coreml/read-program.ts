import { fromHalf } from '../half.ts';
import { INPUT, LABEL, LOGITS, OPSET, PROBABILITIES } from './graph.ts';
import { DATA_TYPES, type DataType, type MilOperation, type MilType, type MilValue } from './messages.ts';
import { inferResult } from './operations.ts';
import type { CoremlPackage } from './package.ts';
import { type Argument, type CheckedOperation, type Constant, describeType, type ValueType } from './value-types.ts';
import { readWeights } from './weight-file.ts';

/** A program whose references all resolve, and whose types all fit. */
export interface CheckedProgram {
  /** Of the image, pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /** From the image to the logits, in their order, without constants. */
  readonly operations: readonly CheckedOperation[];
}

/** A tensor of ours has at most so many numbers. */
const MOST_NUMBERS = 2 ** 28;

/**
 * Checks a package's program by MIL's rules, for the operations that Decant writes: every name is that of a value before it, every
 * type is that which the operation gives for its arguments, every weight is in the file; the image, the logits, the label and the
 * probabilities are what the model's description says.
 *
 * @throws RangeError that says what is wrong
 */
export function readProgram({ model, weights }: CoremlPackage): CheckedProgram {
  const { main } = model.mlProgram.functions;
  const block = main?.blockSpecializations[main.opset];
  if (!main || !block || main.opset !== OPSET) throw new RangeError(`it has no program for ${OPSET}`);
  const [input] = main.inputs;
  const type = readType(input?.type);
  if (main.inputs.length !== 1 || input?.name !== INPUT || type.dataType !== 'fp32' || !isImage(type.shape))
    throw new RangeError('its program does not take one image');
  const inputSize = [type.shape[2]!, type.shape[3]!] as const;
  const image = model.description.input[0]?.type.imageType;
  if (image?.height !== inputSize[0] || image.width !== inputSize[1])
    throw new RangeError('its description tells of another image than its program takes');

  const values = new Map<string, Argument>([[INPUT, { ...type, name: INPUT, constant: undefined }]]);
  const operations: CheckedOperation[] = [];
  const bind = (operation: MilOperation): Record<string, Argument> => {
    const bound = Object.entries(operation.inputs).map(([parameter, { arguments: all }]) => {
      const name = all[0]?.name;
      const found = values.get(name ?? '');
      if (all.length !== 1 || !found)
        throw new RangeError(`${operation.type} reads ${name}, which is no value before it`);
      return [parameter, found] as const;
    });
    return Object.fromEntries(bound);
  };
  const last = block.operations.at(-1);
  for (const operation of block.operations) {
    if (operation === last) break;
    const [output] = operation.outputs;
    if (!output || operation.outputs.length !== 1) throw new RangeError(`${operation.type} has no single result`);
    const { name } = output;
    if (!/^[A-Za-z_][A-Za-z0-9_@]*$/.test(name)) throw new RangeError(`"${name}" is no name of a value`);
    if (values.has(name)) throw new RangeError(`there are two values named ${name}`);
    const result = readType(output.type);
    if (operation.type === 'const') {
      const constant = readConstant(operation.attributes.val, weights);
      requireSame(name, result, constant);
      values.set(name, { ...result, name, constant });
      continue;
    }
    const bound = bind(operation);
    if (bound.x?.constant) throw new RangeError(`${operation.type} computes ${name} of a constant alone`);
    requireSame(name, result, inferResult(operation.type, bound));
    values.set(name, { ...result, name, constant: undefined });
    operations.push({ type: operation.type, name, arguments: bound, result });
  }
  const logits = operations.findIndex(({ name }) => name === LOGITS);
  if (logits < 0 || operations[logits]!.result.dataType !== 'fp32') throw new RangeError('it computes no logits');
  if (block.outputs.join() !== [LABEL, PROBABILITIES].join() || last?.type !== 'classify')
    throw new RangeError('it does not end in a classification');
  // Its labels stand in the operation itself.
  const { probabilities } = bind({
    ...last,
    inputs: { probabilities: last.inputs.probabilities ?? { arguments: [] } },
  });
  checkLabels(last, probabilities!);
  return { inputSize, operations: operations.slice(0, logits + 1) };
}

function checkLabels({ inputs, outputs }: MilOperation, { dataType, shape }: ValueType): void {
  const labels = inputs.classes?.arguments[0]?.value?.immediateValue?.list?.values ?? [];
  const texts = labels.map((label) => label.immediateValue?.tensor?.strings?.values[0]);
  if (new Set(texts).size !== texts.length || texts.includes(undefined))
    throw new RangeError('its labels are not distinct');
  if (dataType !== 'fp32' || shape.join() !== [1, texts.length].join())
    throw new RangeError(`it has ${texts.length} labels for probabilities of shape [${shape.join(', ')}]`);
  if (outputs.map(({ name }) => name).join() !== [LABEL, PROBABILITIES].join())
    throw new RangeError('its classification gives something else than a label and probabilities');
}

function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[0] === 1 && shape[1] === 3;
}

function requireSame(name: string, declared: ValueType, found: ValueType): void {
  if (describeType(declared) !== describeType(found))
    throw new RangeError(`${name} is said to be ${describeType(declared)}, but is ${describeType(found)}`);
}

function readType(type: MilType | undefined): ValueType {
  const tensor = type?.tensorType;
  const found = Object.entries(DATA_TYPES).find(([, number]) => number === tensor?.dataType);
  if (!tensor || !found) throw new RangeError('a value has a type that Decant does not write');
  const shape = tensor.dimensions.map(({ constant }) => constant?.size ?? 0);
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length !== (tensor.rank ?? 0) || !shape.every((size) => size > 0) || !(count <= MOST_NUMBERS))
    throw new RangeError(`a value has the shape [${shape.slice(0, 8).join(', ')}]`);
  // The key of the table that `DATA_TYPES` is.
  return { dataType: found[0] as DataType, shape };
}

function readConstant(value: MilValue | undefined, weights: Uint8Array): Constant {
  const type = readType(value?.type);
  const { dataType, shape } = type;
  const count = shape.reduce((product, size) => product * size, 1);
  const { immediateValue, blobFileValue } = value ?? {};
  const tensor = immediateValue?.tensor;
  switch (dataType) {
    case 'fp32':
    case 'fp16': {
      const numbers = blobFileValue
        ? toFloats(readWeights(weights, blobFileValue.offset ?? 0, dataType, count), dataType)
        : dataType === 'fp32'
          ? Float32Array.from(tensor?.floats?.values ?? [])
          : toFloats(tensor?.bytes?.values ?? new Uint8Array(0), dataType);
      return { ...type, value: requireCount(numbers, count) };
    }
    case 'int32':
      return { ...type, value: requireCount(tensor?.ints?.values ?? [], count) };
    case 'string':
      return { ...type, value: requireCount(tensor?.strings?.values ?? [], 1)[0]! };
    case 'bool':
      return { ...type, value: requireCount(tensor?.bools?.values ?? [], 1)[0]! };
    default:
      throw new RangeError(`a constant is of ${dataType}`);
  }
}

function requireCount<Values extends ArrayLike<unknown>>(values: Values, count: number): Values {
  if (values.length !== count) throw new RangeError(`a constant has ${values.length} values for a shape of ${count}`);
  return values;
}

function toFloats(bytes: Uint8Array, dataType: 'fp16' | 'fp32'): Float32Array {
  const whole = new Uint8Array(bytes).buffer; // A copy of its own, and aligned.
  if (whole.byteLength % (dataType === 'fp16' ? 2 : 4) !== 0) throw new RangeError('a constant is cut short');
  return dataType === 'fp16' ? fromHalf(new Uint16Array(whole)) : new Float32Array(whole);
}
