import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import {
  type HostTensor,
  type Network,
  type Parameters,
  parameterSpecs,
  type ReadableParameters,
  type Weights,
} from '../model/index.ts';

/** A narrower network's parameters as the first channels of a wider one's; its gradients are those of the wider one's variables. */
export interface TakenParameters extends ReadableParameters {
  /** Those that gradients move, by name. */
  readonly trainable: ReadonlyMap<string, tf.Tensor>;
}

/**
 * The parameters of a narrower network on the active back end, to be made before what is differentiated: what computes a
 * gradient reads them again. Copies, but for those that are as wide; inside the caller's `tf.tidy`.
 *
 * @param network the wider one with fewer channels in some of its groups
 * @throws DecantError `weights.mismatch` when it is no part of the wider one
 */
export function takeParameters(parameters: Parameters, network: Network): TakenParameters {
  const specs = parameterSpecs(network);
  const taken = new Map(
    specs.map(({ name, shape }): [string, tf.Tensor] => {
      const whole = parameters.get(name);
      if (!isPart(shape, whole.shape)) throw describeMisfit(name, shape, whole.shape);
      const isWhole = shape.every((extent, axis) => extent === whole.shape[axis]);
      return [name, isWhole ? whole : tf.slice(whole, new Array<number>(shape.length).fill(0), [...shape])];
    }),
  );
  return {
    trainable: new Map(
      specs.filter(({ trainable, frozen }) => trainable && !frozen).map(({ name }) => [name, taken.get(name)!]),
    ),
    get: <R extends tf.Rank>(name: string) => {
      const tensor = taken.get(name);
      if (tensor) return tensor as tf.Tensor<R>; // Safe: of the rank of the parameter that it is taken from.
      throw new DecantError('weights.mismatch', `There is no parameter "${name}" in the narrower network.`, { name });
    },
    checkFit: () => undefined, // They were made to fit.
  };
}

/** A gradient of the first channels as that of a whole parameter, on which the rest has no influence. The caller disposes both. */
export function widenGradient(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const missing = shape.map((extent, axis): [number, number] => [0, extent - gradient.shape[axis]!]);
  return missing.every(([, after]) => after === 0) ? tf.clone(gradient) : tf.pad(gradient, missing);
}

/** The same in ordinary memory: the weights of the narrower network by itself. */
export function takeWeights(weights: Weights, network: Network): Weights {
  return new Map(
    parameterSpecs(network).map(({ name, shape }) => {
      const whole = weights.get(name);
      if (!whole || !isPart(shape, whole.shape)) throw describeMisfit(name, shape, whole?.shape ?? []);
      return [name, takeFirst(whole, shape)];
    }),
  );
}

/** The first numbers of a tensor along every axis. */
function takeFirst({ shape, values }: HostTensor, size: readonly number[]): HostTensor {
  const run = size.at(-1) ?? 1;
  const rows = size.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const result = new Float32Array(rows * run);
  for (let row = 0; row < rows; row++) {
    let [rest, from, stride] = [row, 0, shape.at(-1) ?? 1];
    for (let axis = size.length - 2; axis >= 0; axis--) {
      from += (rest % size[axis]!) * stride;
      rest = Math.floor(rest / size[axis]!);
      stride *= shape[axis]!;
    }
    result.set(values.subarray(from, from + run), row * run);
  }
  return { shape: [...size], values: result };
}

function isPart(shape: readonly number[], whole: readonly number[]): boolean {
  return shape.length === whole.length && shape.every((extent, axis) => extent <= whole[axis]!);
}

function describeMisfit(name: string, shape: readonly number[], whole: readonly number[]): DecantError {
  return new DecantError(
    'weights.mismatch',
    `Parameter "${name}" is [${shape.join(', ')}] in the narrower network, which is no part of [${whole.join(', ')}].`,
    { name, shape, whole },
  );
}
