import { toHalf } from '../half.ts';
import { bytesOf } from '../layout.ts';
import { UniqueNames } from '../unique-names.ts';
import { DATA_TYPES, type DataType, type MilOperation, type MilType, type MilValue } from './messages.ts';
import { type StoredFloat, WeightFile } from './weight-file.ts';

/** Words of MIL's text form, which names must not be. */
const RESERVED =
  'any bool program func tensor list dict tuple true false string state bf16 fp16 fp32 fp64 int8 int16 int32 int64 uint8 uint16 uint32 uint64';
/** From so many numbers on they lie in the weight file; fewer stand in the program, as Apple's own tools do it. */
const LEAST_STORED = 10;
/** Where a package has its weights, as programs name it. */
const WEIGHTS = '@model_path/weights/weight.bin';

/** Gathers the operations of a MIL program; constants that are alike are one. */
export class ProgramBuilder {
  readonly operations: MilOperation[] = [];
  readonly weights = new WeightFile();
  readonly #names = new UniqueNames((name) => name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z])/, 'v_'));
  /** Names of constants, by what they are. */
  readonly #constants = new Map<string, string>();

  /** @param taken names that are given elsewhere */
  constructor(taken: readonly string[]) {
    for (const name of [...RESERVED.split(' '), ...taken]) this.#names.take(name);
  }

  /**
   * Adds an operation with one result, and gives the result's name.
   *
   * @param inputs names of values, by the names of the operation's parameters
   * @param name null: one of its own that is like `wanted`
   */
  add(
    type: string,
    inputs: Readonly<Record<string, string>>,
    result: { wanted: string; name?: string | null; dataType: DataType; shape: readonly number[] },
  ): string {
    const name = result.name ?? this.#names.take(result.wanted);
    const bound = Object.entries(inputs).map(([parameter, value]) => [parameter, { arguments: [{ name: value }] }]);
    this.operations.push({
      type,
      inputs: Object.fromEntries(bound),
      outputs: [{ name, type: tensorType(result.dataType, result.shape) }],
      attributes: { name: textValue(name) },
    });
    return name;
  }

  /** Adds numbers as a constant, and gives its name. */
  addNumbers(wanted: string, shape: readonly number[], values: Float32Array, dataType: StoredFloat): string {
    const stored = dataType === 'fp16' ? toHalf(values) : values;
    const type = tensorType(dataType, shape);
    if (values.length >= LEAST_STORED)
      return this.#addConstant(wanted, {
        type,
        blobFileValue: { fileName: WEIGHTS, offset: this.weights.add(stored, dataType) },
      });
    const tensor =
      stored instanceof Float32Array ? { floats: { values: [...stored] } } : { bytes: { values: bytesOf(stored) } };
    return this.#addShared(wanted, `${dataType} ${shape} ${values.join()}`, { type, immediateValue: { tensor } });
  }

  /** Adds a list of integers, or one. */
  addIntegers(values: readonly number[] | number): string {
    const all = typeof values === 'number' ? [values] : [...values];
    return this.#addShared(`int_${all.join('_')}`, `int32 ${typeof values} ${all}`, {
      type: tensorType('int32', typeof values === 'number' ? [] : [all.length]),
      immediateValue: { tensor: { ints: { values: all } } },
    });
  }

  addText(text: string): string {
    return this.#addShared(`text_${text}`, `string ${text}`, textValue(text));
  }

  addFlag(flag: boolean): string {
    return this.#addShared(`is_${flag}`, `bool ${flag}`, {
      type: tensorType('bool', []),
      immediateValue: { tensor: { bools: { values: [flag] } } },
    });
  }

  #addShared(wanted: string, key: string, value: MilValue): string {
    const name = this.#constants.get(key) ?? this.#addConstant(wanted, value);
    this.#constants.set(key, name);
    return name;
  }

  #addConstant(wanted: string, value: MilValue): string {
    const name = this.#names.take(wanted);
    this.operations.push({
      type: 'const',
      inputs: {},
      outputs: [{ name, type: value.type }],
      attributes: { name: textValue(name), val: value },
    });
    return name;
  }
}

export function tensorType(dataType: DataType, shape: readonly number[]): MilType {
  const dimensions = shape.map((size) => ({ constant: { size } }));
  return { tensorType: { dataType: DATA_TYPES[dataType], rank: shape.length, dimensions } };
}

export function textValue(text: string): MilValue {
  return { type: tensorType('string', []), immediateValue: { tensor: { strings: { values: [text] } } } };
}

/** A list of texts, as `classify` wants its labels. */
export function textListValue(texts: readonly string[]): MilValue {
  return {
    type: { listType: { type: tensorType('string', []), length: { constant: { size: texts.length } } } },
    immediateValue: { list: { values: texts.map(textValue) } },
  };
}
