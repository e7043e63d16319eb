import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Random } from '../core/random.ts';
import { Adapters, type FeaturePair, findNeeds } from '../distill/index.ts';
import {
  type ForwardResult,
  featureShapes,
  foldBatchNorm,
  forward,
  inputsOf,
  type Network,
  Parameters,
  type Weights,
} from '../model/index.ts';

export interface TeacherOptions {
  readonly network: Network;
  /** As trained; batch norm is folded here. */
  readonly weights: Weights;
  readonly settings: Recipe['distill'];
  /** What `choosePairs` gave for the two networks. */
  readonly pairs: readonly FeaturePair[];
}

/** A teacher on the back end, with the adapters from a student's feature maps to its own. The owner calls `dispose`. */
export class Teacher {
  readonly pairs: readonly FeaturePair[];
  readonly adapters: Adapters;
  readonly #network: Network;
  readonly #parameters: Parameters;
  /** Where a tap is found in the folded network. */
  readonly #taps: ReadonlyMap<string, string>;

  /** `adapters` are the parameters of earlier ones for the same pairs; those that are missing are made. */
  constructor(
    { network, weights, pairs, settings }: TeacherOptions,
    student: Network,
    { adapters, random }: { adapters: Weights; random: Random },
  ) {
    const taps = pairs.map((pair) => pair.teacher);
    const folded = taps.some((tap) => feedsBatchNorm(network, tap))
      ? { network, weights }
      : foldBatchNorm(network, weights);
    const [teacherShapes, studentShapes] = [featureShapes(network), featureShapes(student)];
    const adapted = pairs.map((pair) => ({
      ...pair,
      studentChannels: studentShapes.get(pair.student)![2],
      teacherChannels: teacherShapes.get(pair.teacher)![2],
    }));
    this.pairs = pairs;
    this.#network = folded.network;
    this.#taps = new Map(taps.map((tap) => [tap, findFolded(network, folded.network, tap)]));
    this.adapters = Adapters.create(findNeeds(settings).adapters ? adapted : [], { weights: adapters, random });
    this.#parameters = Parameters.fromWeights(folded.network, folded.weights);
  }

  /** Logits and, by tap, the feature maps of the given pairs, in inference mode. The caller disposes them. */
  forward(images: tf.Tensor4D, pairs: readonly FeaturePair[]): Pick<ForwardResult, 'logits' | 'taps'> {
    const taps = [...new Set(pairs.map((pair) => this.#taps.get(pair.teacher)!))];
    const output = forward(this.#network, this.#parameters, images, { training: false, taps });
    const byPair = pairs.map(({ teacher }) => [teacher, output.taps.get(this.#taps.get(teacher)!)!] as const);
    return { logits: output.logits, taps: new Map(byPair) };
  }

  /** Logits alone, of images `[size, height, width, 3]`, normalized. The caller disposes them. */
  answer({ images, size }: { images: Float32Array; size: number }): tf.Tensor2D {
    const [height, width] = this.#network.inputSize;
    return tf.tidy(() => this.forward(tf.tensor4d(images, [size, height, width, 3]), []).logits);
  }

  dispose(): void {
    this.adapters.dispose();
    this.#parameters.dispose();
  }
}

/** Whether folding would change what a node gives, because a batch norm is merged into it. */
function feedsBatchNorm({ nodes }: Network, name: string): boolean {
  return nodes.some((node) => node.op === 'batchNorm' && node.input === name);
}

/** A batch norm without activation vanishes when it is folded: its convolution then gives what it gave. */
function findFolded(network: Network, folded: Network, tap: string): string {
  if (folded.nodes.some(({ name }) => name === tap)) return tap;
  return inputsOf(network.nodes.find(({ name }) => name === tap)!)[0]!;
}
