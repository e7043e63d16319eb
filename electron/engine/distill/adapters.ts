import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, conv2d } from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import type { AdaptedPair, KeptChannelsOf, MethodVariable } from './method.ts';
import type { FeaturePair } from './pairs.ts';

const ROLES = ['weight', 'gamma', 'beta'] as const;
type Role = (typeof ROLES)[number];

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
    const variables = new Map<string, MethodVariable>();
    for (const pair of pairs) {
      for (const role of ROLES) {
        const name = parameterName(pair, role);
        const tensor = weights.get(name) ?? initialize(pair, role, random);
        checkShape(name, tensor, shapeOf(pair, role));
        const value = tf.tensor(new Float32Array(tensor.values), [...tensor.shape]);
        // Weight decay applies to the convolutions, not to the batch norms.
        variables.set(name, { variable: tf.variable(value), decay: role === 'weight' });
        value.dispose();
      }
    }
    return new Adapters(variables);
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
    for (const { variable } of this.variables.values()) variable.dispose();
  }

  #get(pair: FeaturePair, role: Role): tf.Tensor {
    return this.variables.get(parameterName(pair, role))!.variable; // Made for every pair at creation.
  }
}

/** Removes input channels of adapters after the student was cut; works on their parameters and equally on optimizer buffers. */
export function cutAdapters(weights: Weights, kept: KeptChannelsOf): Weights {
  return new Map(
    [...weights].map(([name, tensor]) => {
      const [tap = '', rest = ''] = name.split('~');
      const channels = rest.endsWith('/weight') ? kept.map(tap) : null;
      return [name, channels ? keepInputs(tensor, channels) : tensor];
    }),
  );
}

function keepInputs(tensor: HostTensor, kept: ArrayLike<number>): HostTensor {
  const outputs = tensor.shape[3]!;
  const values = new Float32Array(kept.length * outputs);
  for (let i = 0; i < kept.length; i++) {
    const from = kept[i]! * outputs;
    values.set(tensor.values.subarray(from, from + outputs), i * outputs);
  }
  return { shape: [1, 1, kept.length, outputs], values };
}

function parameterName(pair: FeaturePair, role: Role): string {
  return `${pair.student}~${pair.teacher}/${role}`;
}

function shapeOf(pair: AdaptedPair, role: Role): number[] {
  return role === 'weight' ? [1, 1, pair.studentChannels, pair.teacherChannels] : [pair.teacherChannels];
}

function initialize(pair: AdaptedPair, role: Role, random: Random): HostTensor {
  const shape = shapeOf(pair, role);
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  if (role === 'gamma') values.fill(1);
  if (role === 'weight') {
    const draw = random.fork('adapter', pair.student, pair.teacher);
    const deviation = Math.sqrt(2 / pair.studentChannels);
    for (let i = 0; i < values.length; i++) values[i] = draw.normal() * deviation;
  }
  return { shape, values };
}

function checkShape(name: string, tensor: HostTensor, expected: readonly number[]): void {
  if (tensor.shape.join() === expected.join()) return;
  throw new DecantError(
    'weights.mismatch',
    `The adapter "${name}" has the shape [${tensor.shape.join(', ')}], but its feature maps need [${expected.join(', ')}]; prune it together with the student.`,
    { parameter: name, shape: tensor.shape, expected },
  );
}
