import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import type { Network } from './network.ts';
import { type ParameterSpec, parameterSpecs, sizeOf } from './parameter-specs.ts';
import type { HostTensor, Weights } from './weights.ts';

/** Parameters of a network, to be computed with. */
export interface ReadableParameters {
  /** The numbers of a parameter; they stay the owner's. Throws `weights.mismatch` when there is none of that name. */
  get<R extends tf.Rank = tf.Rank>(name: string): tf.Tensor<R>;
  /** Throws `weights.mismatch` unless these are the parameters of a network of this description. */
  checkFit(network: Network): void;
}

/** tfjs wants the names of all live variables to differ, also between two copies of one network. */
let instances = 0;

/**
 * A network's parameters on the active back end, one variable each, by parameter name. Whoever makes one calls
 * `dispose`; `tf.tidy` leaves them alone.
 */
export class Parameters implements ReadableParameters, Disposable {
  /** By parameter name; the name of the variable itself, by which tfjs keys gradients, is another, unique one. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly specs: readonly ParameterSpec[];
  /** Networks whose parameters these are known to be. */
  readonly #fitting = new WeakSet<Network>();

  private constructor(specs: readonly ParameterSpec[], variables: ReadonlyMap<string, tf.Variable>) {
    this.specs = specs;
    this.variables = variables;
  }

  /**
   * Copies weights to the active back end. Throws `weights.mismatch` when a parameter is missing, of another shape, or
   * not the network's.
   */
  static fromWeights(network: Network, weights: Weights): Parameters {
    const specs = parameterSpecs(network);
    checkWeights(specs, weights);
    instances += 1;
    const prefix = `parameters-${instances}`;
    const variables = specs.map(({ name, trainable, frozen }): [string, tf.Variable] => {
      const tensor = upload(weights.get(name)!);
      const variable = tf.variable(tensor, trainable && !frozen, `${prefix}/${name}`);
      tensor.dispose();
      return [name, variable];
    });
    return new Parameters(specs, new Map(variables));
  }

  /** The variable of a parameter. Throws `weights.mismatch` when there is none of that name. */
  get<R extends tf.Rank = tf.Rank>(name: string): tf.Variable<R> {
    const variable = this.variables.get(name);
    // Safe: the caller knows the rank from the node whose parameter it is, and the shape was checked against the node's.
    if (variable) return variable as tf.Variable<R>;
    throw new DecantError('weights.mismatch', `There is no parameter "${name}": build Parameters from this network.`, {
      name,
    });
  }

  /** Throws `weights.mismatch` unless these are the parameters of a network of this description. */
  checkFit(network: Network): void {
    if (this.#fitting.has(network)) return;
    const needed = parameterSpecs(network);
    for (const { name, shape } of needed) {
      const has = this.get(name).shape;
      if (has.length === shape.length && has.every((length, i) => length === shape[i])) continue;
      throw new DecantError(
        'weights.mismatch',
        `Parameter "${name}" is [${has.join(', ')}], but this network needs [${shape.join(', ')}]: build Parameters from it.`,
        { name, has, needs: shape },
      );
    }
    this.#fitting.add(network);
  }

  /** Those that gradients move, in the order of the network. */
  get trainable(): tf.Variable[] {
    return this.specs.filter(({ trainable, frozen }) => trainable && !frozen).map(({ name }) => this.get(name));
  }

  /** A copy of all numbers in ordinary memory. */
  async toWeights(): Promise<Weights> {
    const weights: Weights = new Map();
    for (const { name, shape } of this.specs) {
      const values = await this.get(name).data<'float32'>();
      // Some back ends return their own memory, which the next step of an optimizer would change.
      weights.set(name, { shape, values: values.slice() });
    }
    return weights;
  }

  /** Overwrites all numbers; `weights` is copied. Throws as `fromWeights`, before anything is changed. */
  assign(weights: Weights): void {
    checkWeights(this.specs, weights);
    for (const { name } of this.specs) {
      const tensor = upload(weights.get(name)!);
      this.get(name).assign(tensor);
      tensor.dispose();
    }
  }

  /** Frees all variables. */
  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Throws `weights.mismatch` unless the weights are exactly those that the specifications ask for. */
export function checkWeights(specs: readonly ParameterSpec[], weights: Weights): void {
  const expected = new Set<string>();
  for (const { name, shape } of specs) {
    expected.add(name);
    const tensor = weights.get(name);
    if (!tensor) {
      throw new DecantError('weights.mismatch', `The weights lack "${name}" [${shape.join(', ')}].`, { name });
    }
    const sameShape = tensor.shape.length === shape.length && tensor.shape.every((length, i) => length === shape[i]);
    if (!sameShape || tensor.values.length !== sizeOf(shape)) {
      throw new DecantError(
        'weights.mismatch',
        `The weights have "${name}" as [${tensor.shape.join(', ')}] with ${tensor.values.length} numbers, but the network needs [${shape.join(', ')}].`,
        { name, has: tensor.shape, needs: shape },
      );
    }
  }
  for (const name of weights.keys()) {
    if (expected.has(name)) continue;
    throw new DecantError('weights.mismatch', `The weights have "${name}", which the network does not.`, { name });
  }
}

function upload({ shape, values }: HostTensor): tf.Tensor {
  // The CPU back ends keep the array that they are given; the caller's stays untouched only if theirs is a copy.
  return tf.tensor(values.slice(), [...shape], 'float32');
}
