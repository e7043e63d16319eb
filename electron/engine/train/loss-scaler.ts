import * as tf from '@tensorflow/tfjs-core';
import { sumOfSquares, type UpdateGuard } from '../compute/index.ts';

/** How a loss scale moves; the defaults are those of PyTorch's `GradScaler`. */
export interface LossScaleSettings {
  readonly initialScale: number;
  /** What the scale is multiplied by after `growthInterval` good steps in a row. */
  readonly growthFactor: number;
  /** What it is multiplied by after a step whose gradients were not all finite. */
  readonly backoffFactor: number;
  readonly growthInterval: number;
}

const DEFAULTS: LossScaleSettings = { initialScale: 65536, growthFactor: 2, backoffFactor: 0.5, growthInterval: 2000 };

/** Far above what any gradient leaves finite, and its reciprocal is still a normal float32. */
const LARGEST_SCALE = 2 ** 100;

/** Below this scale it is not the range of half precision that makes gradients overflow. */
export const SMALLEST_SCALE = 1;

/** Plain data of a `LossScaler`, for checkpoints. */
export interface LossScaleState {
  readonly scale: number;
  /** Steps since the scale last changed, or the last step that was left out. */
  readonly goodSteps: number;
  /** Steps that were not left out. */
  readonly updates: number;
}

/** What came of one step; both are on the device. */
export interface Verdict {
  readonly guard: UpdateGuard;
  /** `[2]`: 1 where the gradients were finite, else 0; the scale from now on. */
  readonly outcome: tf.Tensor1D;
}

/**
 * Dynamic loss scaling (Micikevicius et al. 2018, "Mixed Precision Training"): the loss is multiplied by a scale so that
 * small gradients survive half precision; a step in which one overflowed is left out and the scale lowered; after many
 * good ones it is raised.
 *
 * Scale and counters live on the device, and whether gradients are finite is decided there: by their sum of squares, one
 * number for all, which clipping needs anyway. (It also overflows when the norm of the scaled gradients exceeds 1.8e19,
 * far above half precision's 65504.) So nothing is read within a step. The owner calls `dispose`.
 */
export class LossScaler {
  /** The scale at construction. */
  readonly initialScale: number;
  readonly #settings: LossScaleSettings;
  readonly #scale: tf.Variable;
  readonly #goodSteps: tf.Variable;
  readonly #updates: tf.Variable;

  /** `state` is what an earlier one gave with `readState`; with null it starts afresh. */
  constructor(settings: Partial<LossScaleSettings> = {}, state: LossScaleState | null = null) {
    this.#settings = { ...DEFAULTS, ...settings };
    const { scale, goodSteps, updates } = state ?? { scale: this.#settings.initialScale, goodSteps: 0, updates: 0 };
    this.initialScale = scale;
    [this.#scale, this.#goodSteps, this.#updates] = tf.tidy(() => {
      const variable = (value: number) => tf.variable(tf.scalar(value), false);
      return [variable(scale), variable(goodSteps), variable(updates)] as const;
    });
  }

  /** The loss to differentiate; call inside the function that is differentiated. The caller disposes the result. */
  scaleLoss(loss: tf.Scalar): tf.Scalar {
    return tf.mul(loss, this.#scale);
  }

  /**
   * Judges the gradients of a scaled loss and moves the scale for the next step. The guard divides gradients by the scale
   * that they were made with, and clips their common norm, as it is without the scale, to `clipNorm`. Call once a step, inside
   * `tf.tidy`.
   */
  judge(gradients: readonly tf.Tensor[], { clipNorm = null }: { clipNorm?: number | null } = {}): Verdict {
    const { growthFactor, backoffFactor, growthInterval } = this.#settings;
    const squares = sumOfSquares(gradients);
    const finite = tf.cast(tf.isFinite(squares), 'float32');
    const unscale = tf.div(finite, this.#scale);
    const factor = clipNorm === null ? unscale : tf.mul(unscale, this.#clip(squares, clipNorm));

    const goodSteps = tf.mul(tf.add(this.#goodSteps, 1), finite);
    const grows = tf.cast(tf.greaterEqual(goodSteps, growthInterval), 'float32');
    const whenFinite = tf.add(tf.mul(grows, growthFactor - 1), 1);
    const change = tf.add(tf.mul(finite, whenFinite), tf.mul(tf.sub(1, finite), backoffFactor));
    const updates = tf.add(this.#updates, finite);
    this.#scale.assign(tf.minimum(tf.mul(this.#scale, change), LARGEST_SCALE));
    this.#goodSteps.assign(tf.mul(goodSteps, tf.sub(1, grows)));
    this.#updates.assign(updates);
    return {
      guard: tf.stack([factor, updates]) as tf.Tensor1D, // Of scalars.
      outcome: tf.stack([finite, this.#scale]) as tf.Tensor1D,
    };
  }

  async readState(): Promise<LossScaleState> {
    const numbers = tf.tidy(() => tf.stack([this.#scale, this.#goodSteps, this.#updates]));
    const [scale, goodSteps, updates] = await numbers.data<'float32'>();
    numbers.dispose();
    return { scale: scale!, goodSteps: goodSteps!, updates: updates! };
  }

  dispose(): void {
    tf.dispose([this.#scale, this.#goodSteps, this.#updates]);
  }

  /** As `clipGradients` has it; 1 where the norm is no number, so that a factor of 0 stays 0. */
  #clip(squares: tf.Scalar, limit: number): tf.Tensor {
    const norm = tf.div(tf.sqrt(squares), this.#scale);
    return tf.where(tf.isFinite(norm), tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1), 1);
  }
}

/** Gradients as they are without the scale, zeros in a step that is left out. Call inside `tf.tidy`. */
export function unscaleGradients(
  gradients: ReadonlyMap<string, tf.Tensor>,
  { guard }: Verdict,
): ReadonlyMap<string, tf.Tensor> {
  const factor = tf.reshape(tf.slice(guard, 0, 1), []);
  const counts = tf.notEqual(factor, 0);
  return new Map(
    [...gradients].map(([name, gradient]) => [
      name,
      tf.where(counts, tf.mul(gradient, factor), tf.zerosLike(gradient)),
    ]),
  );
}
