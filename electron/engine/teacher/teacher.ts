import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, Network, Weights } from '../model/index.ts';

/**
 * What an image shows, where it comes again: `plain`, the image as it is in the dataset, or the number of its augmentation,
 * which the dataset, the augmentation's settings and the number decide alone.
 */
export type ImageView = number | 'plain';

/** Labelled images, ready for a network. */
export interface TrainingBatch {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  /** `[size, classes]`, each row a distribution. */
  readonly targets: Float32Array;
  readonly size: number;
  /** Index of each image in its dataset. */
  readonly indices?: Int32Array;
  /** The same images, augmented once more, where a method compares two views. */
  readonly secondView?: Float32Array;
  /** What `images` and `secondView` show, in this order; left out where they do not come again. */
  readonly views?: readonly ImageView[];
  /**
   * Other images, of which only the teacher's answers are learned; `own`: the images themselves, which then have no targets
   * that count.
   */
  readonly unlabelled?: UnlabelledImages | 'own';
}

/** Images whose labels are not known or not looked at. */
export interface UnlabelledImages {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  readonly size: number;
}

/** Images that a teacher is asked about. */
export interface TeacherImages {
  /** `[size, height, width, 3]`, normalized as Decant does. */
  readonly images: Float32Array;
  readonly size: number;
  /** Index of each image in its dataset; without it nothing is cached. */
  readonly indices?: Int32Array | undefined;
  /** What they show; without it nothing is cached. */
  readonly view?: ImageView | undefined;
}

/** The answers of a teacher that computes outside the back end, in ordinary memory. */
export interface TeacherAnswer {
  /** `[size, classes]`, in the order of the dataset's classes. */
  readonly logits: Float32Array;
  /** Feature maps `[size, height, width, channels]` by tap. */
  readonly taps: ReadonlyMap<string, HostTensor>;
  /** The input of its classifier `[size, length]`; null where it was not requested. */
  readonly embedding: HostTensor | null;
}

/** What a step needs from a teacher besides its logits. */
export interface TeacherWish {
  /** Names of feature maps, among those that it was opened for. */
  readonly taps: readonly string[];
  readonly embedding: boolean;
}

/** Outputs for one batch, on the back end. The caller disposes them. */
export interface TeacherOutputs {
  /** `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** Feature maps `[batch, height, width, channels]` by tap. */
  readonly taps: ReadonlyMap<string, tf.Tensor4D>;
  /** The input of its classifier, `[batch, length]`; null if it was not requested. */
  readonly embedding: tf.Tensor2D | null;
}

/** What reports and plans say about a teacher. */
export interface TeacherDescription {
  /** Its architecture, or the name of its file. */
  readonly name: string;
  /** `[height, width]` of the images that it takes. */
  readonly inputSize: readonly [number, number];
  readonly parameters: number;
  /** Multiply-accumulates for one image, counting only operations with stored weights. */
  readonly macs: number;
  /** Size of its file, or of the fp32 numbers of its parameters. */
  readonly sizeBytes: number;
}

/** A trained classifier that a student learns from, wherever it computes. The owner calls `close`. */
export interface Teacher {
  readonly description: TeacherDescription;
  /** Its network and weights if it is a Decant network; null if only its answers are known. */
  readonly model: { readonly network: Network; readonly weights: Weights } | null;
  /** Channels of each requested feature map, by tap. */
  readonly channels: ReadonlyMap<string, number>;
  /** Length of its embedding; null if it has none. */
  readonly embeddingLength: number | null;
  /** Computes what must be known about images before a step; null if `forward` computes everything. */
  answer(images: TeacherImages): Promise<TeacherAnswer | null>;
  /** Logits, and whatever else is requested, for a batch `[batch, height, width, 3]` that was answered before. */
  forward(images: tf.Tensor4D, wish: TeacherWish, answer: TeacherAnswer | null): TeacherOutputs;
  close(): Promise<void>;
}
