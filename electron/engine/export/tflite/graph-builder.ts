import { bytesOf } from '../layout.ts';
import {
  OPERATORS,
  type OperatorName,
  TENSOR_TYPE,
  type TensorType,
  type TfliteModel,
  type TfliteOperator,
  type TfliteQuantization,
  type TfliteTensor,
} from './schema.ts';

/** Index of a tensor in the file. */
export type TensorIndex = number;

/** Gathers the tensors and operators of a TFLite file; each tensor and kind of operator gets its number when it is added. */
export class GraphBuilder {
  readonly tensors: TfliteTensor[] = [];
  readonly operators: TfliteOperator[] = [];
  readonly operatorCodes: NonNullable<TfliteModel['operatorCodes']>[number][] = [];
  /** The first is empty by convention: that of tensors which are computed. */
  readonly buffers: { data?: Uint8Array }[] = [{}];
  readonly #arguments = new Map<string, TensorIndex>();

  /** A tensor that an operator computes, or that goes in. */
  addTensor(
    name: string,
    type: TensorType,
    shape: readonly number[],
    quantization?: TfliteQuantization | undefined,
  ): TensorIndex {
    return this.#add({ name, type: TENSOR_TYPE[type], shape, buffer: 0, ...(quantization && { quantization }) });
  }

  /** A tensor with its numbers. */
  addConstant(
    name: string,
    type: TensorType,
    shape: readonly number[],
    data: Uint8Array,
    quantization?: TfliteQuantization | undefined,
  ): TensorIndex {
    const buffer = this.addBuffer(data);
    return this.#add({ name, type: TENSOR_TYPE[type], shape, buffer, ...(quantization && { quantization }) });
  }

  /** A tensor of integers that tell an operator what to do; those that are told the same read the same one. */
  addArgument(shape: readonly number[], integers: readonly number[]): TensorIndex {
    const key = `${shape}: ${integers}`;
    const known = this.#arguments.get(key);
    if (known !== undefined) return known;
    const tensor = this.addConstant(`[${integers}]`, 'int32', shape, bytesOf(Int32Array.from(integers)));
    this.#arguments.set(key, tensor);
    return tensor;
  }

  /** @param version of the operator, which says what data types and options its reader has to know */
  addOperator(
    name: OperatorName,
    inputs: readonly TensorIndex[],
    outputs: readonly TensorIndex[],
    { version = 1, options }: { version?: number; options?: Readonly<Record<string, unknown>> } = {},
  ): void {
    const { code, options: member } = OPERATORS[name];
    this.operators.push({
      opcodeIndex: this.#opcodeIndex(code, version),
      inputs,
      outputs,
      ...(member > 0 && { options: { member, table: options ?? {} } }),
    });
  }

  addBuffer(data: Uint8Array): number {
    return this.buffers.push({ data }) - 1;
  }

  #opcodeIndex(code: number, version: number): number {
    const found = this.operatorCodes.findIndex((entry) => entry.builtinCode === code && entry.version === version);
    if (found >= 0) return found;
    return this.operatorCodes.push({ deprecatedBuiltinCode: code, builtinCode: code, version }) - 1;
  }

  #add(tensor: TfliteTensor): TensorIndex {
    return this.tensors.push(tensor) - 1;
  }
}
