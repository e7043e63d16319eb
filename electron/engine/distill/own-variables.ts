import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import type { MethodVariable } from './method.ts';

/** A variable that a method trains. */
export interface VariableSpec {
  readonly shape: readonly number[];
  /** Whether weight decay applies to it. */
  readonly decay: boolean;
  /** What a new one begins with: a number everywhere, or draws from a normal distribution. */
  readonly start: number | { readonly deviation: number; readonly random: Random };
}

/**
 * Variables by name, from `weights` where it has them, else fresh. The caller disposes them.
 *
 * @throws DecantError `weights.mismatch` when a given tensor has another shape
 */
export function createVariables(
  specs: Iterable<readonly [string, VariableSpec]>,
  weights: Weights,
): ReadonlyMap<string, MethodVariable> {
  const variables = new Map<string, MethodVariable>();
  for (const [name, spec] of specs) {
    const tensor = weights.get(name) ?? startFresh(spec);
    checkShape(name, tensor, spec.shape);
    const value = tf.tensor(new Float32Array(tensor.values), [...tensor.shape]);
    variables.set(name, { variable: tf.variable(value), decay: spec.decay });
    value.dispose();
  }
  return variables;
}

export function disposeVariables(variables: ReadonlyMap<string, MethodVariable>): void {
  for (const { variable } of variables.values()) variable.dispose();
}

/** What `tensor` has at some places along one axis, such as that of the channels that were kept. */
export function keepAlong({ shape, values }: HostTensor, axis: number, kept: ArrayLike<number>): HostTensor {
  const inner = tf.util.sizeFromShape(shape.slice(axis + 1));
  const outer = tf.util.sizeFromShape(shape.slice(0, axis));
  const extent = shape[axis]!;
  const result = new Float32Array(outer * kept.length * inner);
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < kept.length; i++) {
      const from = (block * extent + kept[i]!) * inner;
      result.set(values.subarray(from, from + inner), (block * kept.length + i) * inner);
    }
  }
  return { shape: shape.map((size, i) => (i === axis ? kept.length : size)), values: result };
}

function startFresh({ shape, start }: VariableSpec): HostTensor {
  const values = new Float32Array(tf.util.sizeFromShape([...shape]));
  if (typeof start === 'number') values.fill(start);
  else for (let i = 0; i < values.length; i++) values[i] = start.random.normal() * start.deviation;
  return { shape, values };
}

function checkShape(name: string, tensor: HostTensor, expected: readonly number[]): void {
  if (tensor.shape.join() === expected.join()) return;
  throw new DecantError(
    'weights.mismatch',
    `"${name}" has the shape [${tensor.shape.join(', ')}], but the method of distillation that trains it needs [${expected.join(', ')}]; prune it together with the student.`,
    { parameter: name, shape: tensor.shape, expected },
  );
}
