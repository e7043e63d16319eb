import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Random } from '../core/random.ts';
import { Adapters, type FeaturePair, findNeeds } from '../distill/index.ts';
import {
  type ForwardResult,
  featureShapes,
  foldBatchNorm,
  forward,
  type HostTensor,
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

/** What a teacher that is not on the back end makes of one batch. */
export interface TeacherAnswer {
  /** `[size, classes]`. */
  readonly logits: Float32Array;
  /** Feature maps `[size, height, width, channels]` by tap. */
  readonly taps: ReadonlyMap<string, HostTensor>;
}

/** A teacher that is asked about each batch before its step, wherever it computes. */
export interface AskedTeacher {
  readonly settings: Recipe['distill'];
  /** Names of its taps and the student's nodes. */
  readonly pairs: readonly FeaturePair[];
  /** Channels of each of its taps. */
  readonly channels: ReadonlyMap<string, number>;
  readonly ask: (batch: TrainingBatch) => Promise<TeacherAnswer>;
}

/** Labelled images, ready for a network. */
export interface TrainingBatch {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  /** `[size, classes]`, each row a distribution. */
  readonly targets: Float32Array;
  readonly size: number;
  /** Where each image stands in its dataset. */
  readonly indices?: Int32Array;
}

/** What a student learns from, with the adapters from its feature maps to the teacher's. The owner calls `dispose`. */
export interface Tutoring {
  readonly pairs: readonly FeaturePair[];
  readonly adapters: Adapters;
  /** What has to be known of a batch before its step; null: nothing. */
  prepare(batch: TrainingBatch): Promise<TeacherAnswer | null>;
  /** Logits and, by tap, the feature maps of the given pairs. The caller disposes them. */
  forward(
    images: tf.Tensor4D,
    pairs: readonly FeaturePair[],
    answer: TeacherAnswer | null,
  ): Pick<ForwardResult, 'logits' | 'taps'>;
  dispose(): void;
}

/** Opens a teacher for a student; `adapters` are the parameters of earlier ones for the same pairs, those missing are made. */
export function openTeacher(
  teacher: TeacherOptions | AskedTeacher,
  student: Network,
  options: { adapters: Weights; random: Random },
): Tutoring {
  return 'ask' in teacher ? openAsked(teacher, student, options) : new Teacher(teacher, student, options);
}

function openAsked(
  { settings, pairs, channels, ask }: AskedTeacher,
  student: Network,
  { adapters: weights, random }: { adapters: Weights; random: Random },
): Tutoring {
  const shapes = featureShapes(student);
  const adapted = pairs.map((pair) => ({
    ...pair,
    studentChannels: shapes.get(pair.student)![2],
    teacherChannels: channels.get(pair.teacher)!,
  }));
  const adapters = Adapters.create(findNeeds(settings).adapters ? adapted : [], { weights, random });
  return {
    pairs,
    adapters,
    prepare: ask,
    forward(images, wanted, answer) {
      const { logits, taps } = answer!; // What `prepare` gave.
      const size = images.shape[0];
      return {
        logits: tf.tensor2d(logits, [size, logits.length / size]),
        taps: new Map(
          wanted.map(({ teacher }) => {
            const { shape, values } = taps.get(teacher)!;
            return [teacher, tf.tensor(values, [...shape])] as const;
          }),
        ),
      };
    },
    dispose: () => adapters.dispose(),
  };
}

/** A teacher on the back end, with the adapters from a student's feature maps to its own. The owner calls `dispose`. */
class Teacher implements Tutoring {
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

  async prepare(): Promise<null> {
    return null;
  }

  /** Logits and, by tap, the feature maps of the given pairs, in inference mode. The caller disposes them. */
  forward(images: tf.Tensor4D, pairs: readonly FeaturePair[]): Pick<ForwardResult, 'logits' | 'taps'> {
    const taps = [...new Set(pairs.map((pair) => this.#taps.get(pair.teacher)!))];
    const output = forward(this.#network, this.#parameters, images, { training: false, taps });
    const byPair = pairs.map(({ teacher }) => [teacher, output.taps.get(this.#taps.get(teacher)!)!] as const);
    return { logits: output.logits, taps: new Map(byPair) };
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
