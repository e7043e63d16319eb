import type * as tf from '@tensorflow/tfjs-core';
import { dense } from '../compute/index.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import type { KeptChannelsOf, MethodVariable } from './method.ts';
import { createVariables, disposeVariables, keepAlong } from './own-variables.ts';

/**
 * A linear layer over embeddings that is there only during training. Its parameters are `<name>/weight` `[from, to]` and
 * `<name>/bias` `[to]`. The owner calls `dispose`.
 */
export class Projection {
  readonly variables: ReadonlyMap<string, MethodVariable>;
  readonly #weight: tf.Tensor2D;
  readonly #bias: tf.Tensor1D;

  /**
   * From `weights` where it has the parameters, else fresh, so that the variance of embeddings is kept (LeCun et al. 1998).
   *
   * @throws DecantError `weights.mismatch` when a given tensor has another shape
   */
  constructor(
    name: string,
    { from, to, weights, random }: { from: number; to: number; weights: Weights; random: Random },
  ) {
    const draw = random.fork('projection', name);
    this.variables = createVariables(
      [
        [`${name}/weight`, { shape: [from, to], decay: true, start: { deviation: Math.sqrt(1 / from), random: draw } }],
        [`${name}/bias`, { shape: [to], decay: false, start: 0 }],
      ],
      weights,
    );
    // Made just above, of these shapes.
    this.#weight = this.variables.get(`${name}/weight`)!.variable as tf.Tensor as tf.Tensor2D;
    this.#bias = this.variables.get(`${name}/bias`)!.variable as tf.Tensor as tf.Tensor1D;
  }

  /** Embeddings `[batch, from]` as `[batch, to]`; differentiable. The caller disposes the result. */
  project(embeddings: tf.Tensor2D): tf.Tensor2D {
    return dense(embeddings, this.#weight, this.#bias);
  }

  dispose(): void {
    disposeVariables(this.variables);
  }
}

/** What a projection of the student's embeddings has after the student was cut; equally its optimizer buffers. */
export function cutProjection(name: string): (variables: Weights, kept: KeptChannelsOf) => Weights {
  return (variables, kept) =>
    new Map(
      [...variables].map(([key, tensor]) => [
        key,
        key === `${name}/weight` ? keepAlong(tensor, 0, kept.embedding()) : tensor,
      ]),
    );
}
