import type { DataType } from './messages.ts';

/** Data type and shape of a value, in MIL's order: `[1, channels, height, width]` or `[1, features]`. */
export interface ValueType {
  readonly dataType: DataType;
  readonly shape: readonly number[];
}

/** A value that is known beforehand: numbers, or one text or flag. */
export interface Constant extends ValueType {
  readonly value: Float32Array | readonly number[] | string | boolean;
}

/** An argument of an operation. */
export interface Argument extends ValueType {
  readonly name: string;
  /** Undefined where it is computed. */
  readonly constant: Constant | undefined;
}

export interface CheckedOperation {
  readonly type: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, Argument>>;
  readonly result: ValueType;
}

/** "fp32 [1, 3, 32, 32]". */
export function describeType({ dataType, shape }: ValueType): string {
  return `${dataType} [${shape.join(', ')}]`;
}
