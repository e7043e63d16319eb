import type * as tf from '@tensorflow/tfjs-core';
import type { MethodName, MethodSettings } from '../../../shared/run/methods.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import type { FeaturePair } from './pairs.ts';

/** A pair of feature maps with the channels of both. */
export interface AdaptedPair extends FeaturePair {
  readonly studentChannels: number;
  readonly teacherChannels: number;
}

/** What is known of a student and its teacher before the first step. */
export interface MethodFacts {
  readonly classes: number;
  /** Share of each label that is spread over all classes. */
  readonly labelSmoothing: number;
  /** Paired feature maps; none where no method compares any. */
  readonly pairs: readonly AdaptedPair[];
  /** Lengths of the embeddings; null where no method looks at them. */
  readonly embeddings: { readonly student: number; readonly teacher: number } | null;
  /** Training images of each class `[classes]`; null where no method looks at them. */
  readonly classCounts: Float32Array | null;
}

/** What a method is opened with. */
export interface MethodOptions<Name extends MethodName = MethodName> {
  readonly settings: MethodSettings[Name];
  readonly facts: MethodFacts;
  /** As `state` gave it, cut with the student since; empty for a fresh one. */
  readonly state: MethodState;
  /** Seeds what is drawn when the method is new. */
  readonly random: Random;
}

/** What a method carries from step to step, in ordinary memory. */
export interface MethodState {
  /** Its trained variables, by the names that it gives them. Optimizer buffers have the same names and shapes. */
  readonly variables: Weights;
  /** Tensors that are not trained: a queue of embeddings, a memory bank. */
  readonly memory: Weights;
  /** Plain numbers and texts: the place in a queue. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const NO_STATE: MethodState = { variables: new Map(), memory: new Map(), data: {} };

/** Feature maps `[batch, height, width, channels]` of a pair. */
export interface FeatureLevel {
  readonly pair: FeaturePair;
  readonly student: tf.Tensor4D;
  readonly teacher: tf.Tensor4D;
}

/** What student and teacher made of one view of a batch. What no active method needs is null, or empty. */
export interface ViewOutputs {
  /** The student's logits `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** The teacher's, `[batch, classes]`. */
  readonly teacherLogits: tf.Tensor2D | null;
  /** Paired feature maps, deepest first. */
  readonly levels: readonly FeatureLevel[];
  /** What enters the classifiers, `[batch, length]`. */
  readonly embeddings: { readonly student: tf.Tensor2D; readonly teacher: tf.Tensor2D } | null;
}

/** What the methods look at in one step. */
export interface MethodInputs extends ViewOutputs {
  /** Target distributions `[batch, classes]`. */
  readonly targets: tf.Tensor2D;
  /** Where each image stands in its dataset. */
  readonly sampleIds: Int32Array | null;
  /** The same images, augmented once more. */
  readonly secondView: ViewOutputs | null;
  /** On the network's line, from 0, and how many it has. */
  readonly epoch: number;
  readonly epochs: number;
}

/** A variable that the optimizer trains beside the student's. */
export interface MethodVariable {
  readonly variable: tf.Variable;
  /** Whether weight decay applies to it. */
  readonly decay: boolean;
}

/** A method at work. The owner calls `dispose`. */
export interface Method {
  /** Trained beside the student, by name; not empty only for methods with modules of their own. */
  readonly variables: ReadonlyMap<string, MethodVariable>;
  /**
   * The loss of each image, `[batch]`, or a scalar where it is one of the batch as a whole; differentiable. Runs inside
   * the caller's `tf.tidy`, who disposes the result.
   */
  compute(inputs: MethodInputs): tf.Tensor1D | tf.Scalar;
  /** What a checkpoint keeps of it besides its variables; left out where there is nothing. */
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

/** What the file of a method has. */
export interface MethodModule<Name extends MethodName = MethodName> {
  open(options: MethodOptions<Name>): Method;
  /**
   * Its variables after the student was cut, or optimizer buffers, which have the same names and shapes; left out where no
   * shape depends on the student's channels.
   */
  cut?(variables: Weights, kept: KeptChannelsOf): Weights;
}

/** A method that has no variables and no memory: a function of what it looks at. */
export function statelessMethod(compute: Method['compute']): Method {
  return { variables: new Map(), compute, dispose: () => undefined };
}
