import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, Weights } from '../model/weights.ts';

/** Reads variables into ordinary memory, keeping names and order; what is read shares no memory with the variables. */
export async function readVariables(variables: Iterable<readonly [string, tf.Tensor]>): Promise<Weights> {
  const entries = [...variables];
  const values = await Promise.all(entries.map(([, tensor]) => tensor.data<'float32'>()));
  return new Map(
    entries.map(([name, { shape }], i) => [name, { shape: [...shape], values: new Float32Array(values[i]!) }]),
  );
}

/** A variable with the given numbers, zeros for none. The caller disposes it. */
export function makeVariable(shape: readonly number[], tensor: HostTensor | undefined): tf.Variable {
  const value = tensor ? tf.tensor(new Float32Array(tensor.values), [...shape], 'float32') : tf.zeros([...shape]);
  const variable = tf.variable(value, false);
  value.dispose();
  return variable;
}

/** The first name whose tensor holds a number that is not finite, or null. */
export function findNonFinite(weights: Weights): string | null {
  for (const [name, { values }] of weights) {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return name;
  }
  return null;
}
