import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../../core/errors.ts';
import { LARGEST_HALF } from '../half.ts';
import { INPUT, LOGITS } from './graph.ts';
import { computeResult, loadConstant } from './operations.ts';
import type { CheckedProgram } from './read-program.ts';
import type { CheckedOperation } from './value-types.ts';

/**
 * Computes the logits of a Core ML program on the active back end, operation by operation, as the program says it. It is not Core
 * ML, which runs on Apple's systems only, and shares nothing with what wrote the program but the format.
 */
export class Interpreter {
  readonly #program: CheckedProgram;
  readonly #rounds: boolean;
  /** By operation and parameter. */
  readonly #constants = new Map<string, tf.Tensor>();
  readonly #readers = new Map<string, number>([[LOGITS, 1]]);

  /** @param rounds whether the values of 16 bits are rounded to as many after every operation; else they are computed with 32 */
  constructor(program: CheckedProgram, { rounds }: { rounds: boolean }) {
    this.#program = program;
    this.#rounds = rounds;
    for (const operation of program.operations)
      for (const [parameter, { name, dataType, constant }] of Object.entries(operation.arguments))
        if (!constant) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
        else if (dataType === 'fp16' || dataType === 'fp32')
          this.#constants.set(`${operation.name} ${parameter}`, loadConstant(operation, parameter));
  }

  /**
   * @param pixels `[size, height, width, 3]`, RGB 0..255
   * @returns logits `[size, classes]`
   * @throws DecantError `export.mismatch` for a value that does not fit into the 16 bits that it is to have
   */
  async run(pixels: Uint8Array, size: number): Promise<Float32Array> {
    const largest: tf.Tensor[] = [];
    const logits = tf.tidy(() => {
      const values = new Map<string, tf.Tensor>();
      values.set(INPUT, tf.tensor(Float32Array.from(pixels), [size, ...this.#program.inputSize, 3]));
      const left = new Map(this.#readers);
      for (const operation of this.#program.operations) {
        values.set(operation.name, this.#compute(operation, values, largest));
        for (const { name, constant } of Object.values(operation.arguments)) {
          if (constant) continue;
          left.set(name, left.get(name)! - 1);
          if (left.get(name) === 0) values.get(name)!.dispose();
        }
      }
      return values.get(LOGITS)!;
    });
    try {
      for (const tensor of largest) requireHalf((await tensor.data<'float32'>())[0]!);
      return (await logits.data<'float32'>()).slice();
    } finally {
      tf.dispose([logits, ...largest]);
    }
  }

  dispose(): void {
    for (const tensor of this.#constants.values()) tensor.dispose();
  }

  #compute(operation: CheckedOperation, values: ReadonlyMap<string, tf.Tensor>, largest: tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const value = computeResult(
        operation,
        (parameter) =>
          this.#constants.get(`${operation.name} ${parameter}`) ?? values.get(operation.arguments[parameter]!.name)!,
      );
      if (!this.#rounds || operation.result.dataType !== 'fp16') return value;
      largest.push(tf.keep(tf.max(tf.abs(value))));
      return roundToHalf(value);
    });
  }
}

/** To the 11 binary digits of 16-bit floats (Veltkamp's splitting, which is exact); numbers below 2^-14 keep more than they would. */
function roundToHalf(value: tf.Tensor): tf.Tensor {
  const shifted = tf.mul(value, 2 ** 13 + 1);
  return tf.sub(shifted, tf.sub(shifted, value));
}

function requireHalf(value: number): void {
  if (value <= LARGEST_HALF) return;
  throw new DecantError(
    'export.mismatch',
    `A value inside of the network reaches ${value.toPrecision(3)}, but 16 bits hold at most ${LARGEST_HALF}; export in fp32.`,
    { value },
  );
}
