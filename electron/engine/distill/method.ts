import type * as tf from '@tensorflow/tfjs-core';
import type { MethodName, MethodSettings } from '../../../shared/run/methods.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import type { ClassBalance } from './class-balance.ts';
import type { FeaturePair } from './pairs.ts';

/** A pair of feature maps with the channels of both. */
export interface AdaptedPair extends FeaturePair {
  readonly studentChannels: number;
  readonly teacherChannels: number;
}

/** What is known about a student and its teacher before the first step. */
export interface MethodFacts {
  readonly classes: number;
  /** Share of each label that is spread over all classes. */
  readonly labelSmoothing: number;
  /** Paired feature maps; none where no method compares any. */
  readonly pairs: readonly AdaptedPair[];
  /** Lengths of the embeddings; null where no method looks at them. */
  readonly embeddings: { readonly student: number; readonly teacher: number } | null;
  /** Length of the student's embedding; null where no method looks at it alone. */
  readonly ownEmbedding: number | null;
  /** Training images of each class `[classes]`; null where no method looks at them. */
  readonly classCounts: Float32Array | null;
  /** What is done for classes with few images; null: nothing. */
  readonly balance: ClassBalance | null;
  /** Number of training images; null where it is not known. */
  readonly images: number | null;
}

/** What a method is opened with. */
export interface MethodOptions<Name extends MethodName = MethodName> {
  readonly settings: MethodSettings[Name];
  readonly facts: MethodFacts;
  /** As `state` returned it, pruned together with the student since; empty for a new method. */
  readonly state: MethodState;
  /** Seed for initial values of a new method. */
  readonly random: Random;
}

/** State that a method keeps between steps, in ordinary memory. */
export interface MethodState {
  /** Its trained variables, by the names that it gives them. Optimizer buffers have the same names and shapes. */
  readonly variables: Weights;
  /** Tensors that are not trained: a queue of embeddings, a memory bank. */
  readonly memory: Weights;
  /** Plain numbers and strings, such as the position in a queue. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const NO_STATE: MethodState = { variables: new Map(), memory: new Map(), data: {} };

/** Feature maps `[batch, height, width, channels]` of a pair. */
export interface FeatureLevel {
  readonly pair: FeaturePair;
  readonly student: tf.Tensor4D;
  readonly teacher: tf.Tensor4D;
}

/** Outputs of student and teacher for one view of a batch. Anything that no active method needs is null or empty. */
export interface ViewOutputs {
  /** The student's logits `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** The teacher's, `[batch, classes]`. */
  readonly teacherLogits: tf.Tensor2D | null;
  /** Paired feature maps, deepest first. */
  readonly levels: readonly FeatureLevel[];
  /** The last feature maps, `[batch, height, width, channels]`, of as many channels where the student reuses the teacher's classifier. */
  readonly lastMaps: { readonly student: tf.Tensor4D; readonly teacher: tf.Tensor4D } | null;
  /** The inputs of the classifiers, `[batch, length]`. */
  readonly embeddings: { readonly student: tf.Tensor2D; readonly teacher: tf.Tensor2D } | null;
  /** The input of the student's classifier, `[batch, length]`. */
  readonly ownEmbedding: tf.Tensor2D | null;
}

/** What the methods can use in one step. */
export interface MethodInputs extends ViewOutputs {
  /** Target distributions `[batch, classes]`. */
  readonly targets: tf.Tensor2D;
  /** Index of each image in its dataset. */
  readonly sampleIds: Int32Array | null;
  /** The same images, augmented once more. */
  readonly secondView: ViewOutputs | null;
  /** The same images turned by 90, 180 and 270 degrees, without feature maps; empty where no method needs them. */
  readonly rotations: readonly ViewOutputs[];
  /** Logits for other images, without labels, `[images, classes]`; null where no method needs them. */
  readonly unlabelled: Pick<ViewOutputs, 'logits' | 'teacherLogits'> | null;
  /** Epoch on the network's line, from 0, and the number of epochs. */
  readonly epoch: number;
  readonly epochs: number;
}

/** A variable that the optimizer trains beside the student's. */
export interface MethodVariable {
  readonly variable: tf.Variable;
  /** Whether weight decay applies to it. */
  readonly decay: boolean;
}

/** An open method. The owner calls `dispose`. */
export interface Method {
  /** Trained beside the student, by name; not empty only for methods with modules of their own. */
  readonly variables: ReadonlyMap<string, MethodVariable>;
  /**
   * The loss of each image, `[batch]`, or a scalar if it is a loss of the whole batch; differentiable. Runs inside
   * the caller's `tf.tidy`, who disposes the result.
   */
  compute(inputs: MethodInputs): tf.Tensor1D | tf.Scalar;
  /** What a checkpoint saves besides its variables; omit it if there is nothing. */
  readState?(): Promise<Pick<MethodState, 'memory' | 'data'>>;
  dispose(): void;
}

/** Which of the student's channels stay after a cut, as ascending indices. */
export interface KeptChannelsOf {
  /** Of a feature map, by the name of its node. */
  map(tap: string): ArrayLike<number>;
  /** Of the embedding. */
  embedding(): ArrayLike<number>;
}

/** What the file of a method exports. */
export interface MethodModule<Name extends MethodName = MethodName> {
  open(options: MethodOptions<Name>): Method;
  /**
   * Its variables after the student was cut, or optimizer buffers, which have the same names and shapes; left out where no
   * shape depends on the student's channels.
   */
  cut?(variables: Weights, kept: KeptChannelsOf): Weights;
}

/** A method without variables or state: a pure function of its inputs. */
export function statelessMethod(compute: Method['compute']): Method {
  return { variables: new Map(), compute, dispose: () => undefined };
}
