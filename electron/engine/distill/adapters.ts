import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, conv2d } from '../compute/index.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import type { AdaptedPair, KeptChannelsOf, MethodVariable } from './method.ts';
import { createVariables, disposeVariables, keepAlong, type VariableSpec } from './own-variables.ts';
import type { FeaturePair } from './pairs.ts';

const ROLES = ['weight', 'gamma', 'beta'] as const;
type Role = (typeof ROLES)[number];

/** Axis of a convolution's input channels. */
const INPUTS = 2;

/**
 * One adapter a pair of feature maps: a 1x1 convolution from the student's channels to the teacher's and a batch norm
 * (the regressors of FitNets, Romero et al. 2015). Adapters live only during training, so the batch norm always uses the
 * statistics of its batch and keeps none.
 *
 * Parameters are named `<student tap>~<teacher tap>/<role>`: `weight` `[1, 1, student, teacher]`, `gamma` and `beta`
 * `[teacher]`. The owner calls `dispose`.
 */
export class Adapters {
  readonly variables: ReadonlyMap<string, MethodVariable>;

  private constructor(variables: ReadonlyMap<string, MethodVariable>) {
    this.variables = variables;
  }

  /**
   * Adapters for the given pairs, from `weights` where it has them, else fresh: He et al. 2015 for the convolution.
   *
   * @throws DecantError `weights.mismatch` when a given tensor has another shape
   */
  static create(
    pairs: readonly AdaptedPair[],
    { weights = new Map(), random }: { weights?: Weights; random: Random },
  ): Adapters {
    const specs = pairs.flatMap((pair) =>
      ROLES.map((role) => [nameOf(pair, role), specOf(pair, role, random)] as const),
    );
    return new Adapters(createVariables(specs, weights));
  }

  /**
   * The student's map `[batch, height, width, student channels]` with the teacher's channels, normalized with the
   * statistics of this batch; differentiable. The caller disposes the result.
   */
  adapt(pair: FeaturePair, student: tf.Tensor4D): tf.Tensor4D {
    const [gamma, beta] = [this.#get(pair, 'gamma') as tf.Tensor1D, this.#get(pair, 'beta') as tf.Tensor1D];
    return tf.tidy(() => {
      const projected = conv2d(student, this.#get(pair, 'weight') as tf.Tensor4D);
      return batchNormTraining(projected, gamma, beta).y;
    });
  }

  dispose(): void {
    disposeVariables(this.variables);
  }

  #get(pair: FeaturePair, role: Role): tf.Tensor {
    return this.variables.get(nameOf(pair, role))!.variable; // Made for every pair at creation.
  }
}

/** Removes input channels of adapters after the student was cut; works on their parameters and equally on optimizer buffers. */
export function cutAdapters(weights: Weights, kept: KeptChannelsOf): Weights {
  return new Map(
    [...weights].map(([name, tensor]) => {
      const [tap = '', rest = ''] = name.split('~');
      return [name, rest.endsWith('/weight') ? keepAlong(tensor, INPUTS, kept.map(tap)) : tensor];
    }),
  );
}

function nameOf(pair: FeaturePair, role: Role): string {
  return `${pair.student}~${pair.teacher}/${role}`;
}

function specOf(pair: AdaptedPair, role: Role, random: Random): VariableSpec {
  const { student, teacher, studentChannels, teacherChannels } = pair;
  // Weight decay applies to the convolutions, not to the batch norms.
  if (role !== 'weight') return { shape: [teacherChannels], decay: false, start: role === 'gamma' ? 1 : 0 };
  return {
    shape: [1, 1, studentChannels, teacherChannels],
    decay: true,
    start: { deviation: Math.sqrt(2 / studentChannels), random: random.fork('adapter', student, teacher) },
  };
}
