import { FLOAT, FLOAT16, INT8, INT32 } from '../../onnx/messages.ts';
import { type QuantizationPlan, quantizeConstant } from '../../quantize/index.ts';
import { toHalf } from '../half.ts';
import type { Numbers } from './graph.ts';
import type { NodeList } from './node-list.ts';

/**
 * Numbers as 32-bit floats.
 *
 * @param half weights and biases are stored in 16 bits, and made 32 when the file is loaded
 */
export const floatNumbers =
  ({ half }: { half: boolean }) =>
  (list: NodeList): Numbers => {
    const add = (name: string, shape: readonly number[], values: Float32Array, inHalf: boolean): string => {
      if (!inHalf) return list.add(name, shape, values);
      const stored = list.add(`${name}:half`, shape, toHalf(values), FLOAT16);
      return list.emit(name, 'Cast', [stored], { to: { int: FLOAT } });
    };
    return {
      // The normalization of pixels stays as it was in training.
      addWeight: ({ node, name, weight }, shape, order) =>
        add(`${node ?? name}/weight`, shape, order(weight.values), half && node !== null),
      addBias: ({ node, name, bias }) =>
        bias.every((value) => value === 0)
          ? null
          : add(`${node ?? name}/bias`, [bias.length], bias, half && node !== null),
      addConstants: ({ name, values }, shape) => list.add(`${name}/values`, shape, values),
      addReading: (_, computed) => computed,
    };
  };

/**
 * Numbers as integers, in the "QDQ" form: float operations between pairs of QuantizeLinear and DequantizeLinear, which runtimes
 * melt into operations on integers. `image` and `logits` are float32, as in the other files.
 */
export const integerNumbers =
  ({ values, layers }: QuantizationPlan) =>
  (list: NodeList): Numbers => {
    /** Names of numbers that may have more than one reader, by what they are. */
    const shared = new Map<string, string>();
    let taken = 0;
    /** For what stands around the operations: so many long names would be as much as a twentieth of a small file. */
    const takeName = () => `~${(taken++).toString(36)}`;
    /** Adds what many say alike, such as that a layer's biases have the scales of its weights, only once. */
    const addShared = (dims: readonly number[], numbers: Float32Array | Int8Array, type?: number): string => {
      const key = `${type} ${dims} ${numbers}`;
      const name = shared.get(key) ?? list.add(takeName(), dims, numbers, type);
      shared.set(key, name);
      return name;
    };
    /** Integers and what makes numbers of them: one scale for each entry of the first dimension, or one for all. */
    const addIntegers = (
      shape: readonly number[],
      integers: Int8Array | Int32Array,
      scales: Float32Array,
      type: number,
    ): string => {
      const dims = scales.length > 1 ? [scales.length] : [];
      return list.emit(
        takeName(),
        'DequantizeLinear',
        [list.add(takeName(), shape, integers, type), addShared(dims, scales)],
        dims.length > 0 ? { axis: { int: 0 } } : {},
      );
    };
    return {
      addWeight({ name }, shape, order) {
        const { weights, scales } = layers.get(name)!;
        return addIntegers(shape, order(weights), scales, INT8);
      },
      addBias({ name, input }) {
        const { biases, scales } = layers.get(name)!;
        const { scale } = values.get(input)!;
        const products = scales.map((weightScale) => weightScale * scale);
        return addIntegers([biases.length], biases, products, INT32);
      },
      addConstants(step, shape) {
        const { integers, scale } = quantizeConstant(step.values);
        return addIntegers(shape, integers, Float32Array.of(scale), INT8);
      },
      addReading(name, computed) {
        const { scale, zeroPoint } = values.get(name)!;
        const affine = [addShared([], Float32Array.of(scale)), addShared([], Int8Array.of(zeroPoint), INT8)];
        const integers = list.emit(takeName(), 'QuantizeLinear', [computed, ...affine]);
        return list.emit(takeName(), 'DequantizeLinear', [integers, ...affine]);
      },
    };
  };
