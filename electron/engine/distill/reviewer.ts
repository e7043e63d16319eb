import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, conv2d } from '../compute/index.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import type { AdaptedPair, FeatureLevel, KeptChannelsOf, MethodVariable } from './method.ts';
import { createVariables, disposeVariables, keepAlong, type VariableSpec } from './own-variables.ts';
import type { FeaturePair } from './pairs.ts';
import { nearestPlaces, resample } from './resample.ts';

/** Axis of a convolution's input channels. */
const INPUTS = 2;

/**
 * The attention-based fusion of knowledge review (Chen et al. 2021, section 3.3): from the deepest level up, a student's map is
 * brought to `channels`, fused with what was made of the deeper levels, and brought from there to the teacher's channels.
 *
 * Of each pair there are, named `<student tap>~<teacher tap>/<part>`: `enter` `[1, 1, student, channels]` and `leave`
 * `[3, 3, channels, teacher]`, each with `/gamma` and `/beta` of the batch norm after it, and of all but the first
 * `gate` and `deeperGate` `[1, 1, channels, 2]` with `gateBias` `[2]`: the convolution from both maps to how much of each is
 * taken. The owner calls `dispose`.
 */
export class Reviewer {
  readonly variables: ReadonlyMap<string, MethodVariable>;

  /** @throws DecantError `weights.mismatch` when a given tensor has another shape */
  constructor(
    pairs: readonly AdaptedPair[],
    { channels, weights, random }: { channels: number; weights: Weights; random: Random },
  ) {
    const specs = pairs.flatMap((pair, i) =>
      Object.entries(listSpecs(pair, { channels, random, fused: i > 0 })).map(
        ([part, spec]) => [nameOf(pair, part), spec] as const,
      ),
    );
    this.variables = createVariables(specs, weights);
  }

  /**
   * What the student's maps of the levels, deepest first, are to be compared with the teacher's by, level by level:
   * `[batch, height, width, teacher channels]` of the student's height and width; differentiable. The caller disposes them.
   */
  review(levels: readonly FeatureLevel[]): Map<FeatureLevel, tf.Tensor4D> {
    const reviewed = new Map<FeatureLevel, tf.Tensor4D>();
    let deeper: tf.Tensor4D | null = null;
    for (const level of levels) {
      const entered = this.#convolve(level.pair, 'enter', level.student);
      deeper = deeper ? this.#fuse(level.pair, entered, resizeNearest(deeper, entered.shape)) : entered;
      reviewed.set(level, this.#convolve(level.pair, 'leave', deeper));
    }
    return reviewed;
  }

  dispose(): void {
    disposeVariables(this.variables);
  }

  /** Each map times its gate, `[batch, height, width, 1]`, summed. */
  #fuse(pair: FeaturePair, entered: tf.Tensor4D, deeper: tf.Tensor4D): tf.Tensor4D {
    const [batch, height, width] = entered.shape;
    const scores = tf.add<tf.Tensor4D>(
      conv2d(entered, this.#get(pair, 'gate')),
      conv2d(deeper, this.#get(pair, 'deeperGate')),
    );
    const gates = tf.reshape(tf.sigmoid(tf.add(scores, this.#get(pair, 'gateBias'))), [-1, 2]);
    // A matrix product takes one of the two fast.
    const take = (one: [number, number]) =>
      tf.reshape(tf.matMul(gates, tf.tensor2d(one, [2, 1])), [batch, height, width, 1]);
    return tf.add<tf.Tensor4D>(tf.mul(entered, take([1, 0])), tf.mul(deeper, take([0, 1])));
  }

  #convolve(pair: FeaturePair, part: 'enter' | 'leave', x: tf.Tensor4D): tf.Tensor4D {
    const filter = this.#get<tf.Tensor4D>(pair, part);
    const z = conv2d(x, filter, { padding: (filter.shape[0] - 1) / 2 });
    return batchNormTraining(z, this.#get(pair, `${part}/gamma`), this.#get(pair, `${part}/beta`)).y;
  }

  #get<T extends tf.Tensor>(pair: FeaturePair, part: string): T {
    return this.variables.get(nameOf(pair, part))!.variable as tf.Tensor as T; // `listSpecs` has it, with the shape of its use.
  }
}

/** What a reviewer has after the student was cut; equally its optimizer buffers. */
export function cutReviewer(variables: Weights, kept: KeptChannelsOf): Weights {
  return new Map(
    [...variables].map(([name, tensor]) => {
      const [tap = '', rest = ''] = name.split('~');
      return [name, rest.endsWith('/enter') ? keepAlong(tensor, INPUTS, kept.map(tap)) : tensor];
    }),
  );
}

function listSpecs(
  pair: AdaptedPair,
  { channels, random, fused }: { channels: number; random: Random; fused: boolean },
): Record<string, VariableSpec> {
  const { studentChannels, teacherChannels } = pair;
  const filter = (part: string, window: number, from: number, to: number): VariableSpec => ({
    shape: [window, window, from, to],
    decay: true,
    start: {
      deviation: Math.sqrt(2 / (window * window * from)),
      random: random.fork('reviewer', pair.student, pair.teacher, part),
    },
  });
  const vector = (length: number, start: number): VariableSpec => ({ shape: [length], decay: false, start });
  return {
    enter: filter('enter', 1, studentChannels, channels),
    'enter/gamma': vector(channels, 1),
    'enter/beta': vector(channels, 0),
    ...(fused && {
      gate: filter('gate', 1, channels, 2),
      deeperGate: filter('deeperGate', 1, channels, 2),
      gateBias: vector(2, 0),
    }),
    leave: filter('leave', 3, channels, teacherChannels),
    'leave/gamma': vector(teacherChannels, 1),
    'leave/beta': vector(teacherChannels, 0),
  };
}

function resizeNearest(map: tf.Tensor4D, [, height, width]: tf.Tensor4D['shape']): tf.Tensor4D {
  const [, fromHeight, fromWidth] = map.shape;
  if (fromHeight === height && fromWidth === width) return map;
  return resample(map, nearestPlaces(fromHeight, height), nearestPlaces(fromWidth, width));
}

function nameOf(pair: FeaturePair, part: string): string {
  return `${pair.student}~${pair.teacher}/${part}`;
}
