import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, Network, Weights } from '../model/index.ts';

/** Labelled images, ready for a network. */
export interface TrainingBatch {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  /** `[size, classes]`, each row a distribution. */
  readonly targets: Float32Array;
  readonly size: number;
  /** Where each image stands in its dataset. */
  readonly indices?: Int32Array;
  /** The same images, augmented once more, where a method compares two views. */
  readonly secondView?: Float32Array;
}

/** Images that a teacher is asked about. */
export interface TeacherImages {
  /** `[size, height, width, 3]`, normalized as Decant does. */
  readonly images: Float32Array;
  readonly size: number;
  /** Where each image stands in its dataset; without it nothing is remembered. */
  readonly indices?: Int32Array | undefined;
  /** Whether the images are as they are in the dataset, so that what was answered once holds for ever. */
  readonly plain: boolean;
}

/** What a teacher that computes outside the back end makes of images, in ordinary memory. */
export interface TeacherAnswer {
  /** `[size, classes]`, in the order of the dataset's classes. */
  readonly logits: Float32Array;
  /** Feature maps `[size, height, width, channels]` by tap. */
  readonly taps: ReadonlyMap<string, HostTensor>;
}

/** What a step asks of a teacher besides its logits. */
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
  /** What enters its classifier, `[batch, length]`; null where it was not wished for. */
  readonly embedding: tf.Tensor2D | null;
}

/** What reports and plans say of a teacher. */
export interface TeacherDescription {
  /** Its architecture, or the name of its file. */
  readonly name: string;
  /** `[height, width]` of the images that it takes. */
  readonly inputSize: readonly [number, number];
  readonly parameters: number;
  /** Multiply-accumulates of one image, as far as they are with weights that it holds itself. */
  readonly macs: number;
  /** Size of its file, or of the fp32 numbers of its parameters. */
  readonly sizeBytes: number;
}

/** A trained classifier that a student learns from, wherever it computes. The owner calls `close`. */
export interface Teacher {
  readonly description: TeacherDescription;
  /** Its network and weights where it is one of ours; null where only its answers are known. */
  readonly model: { readonly network: Network; readonly weights: Weights } | null;
  /** Channels of each feature map that it was opened for, by tap. */
  readonly channels: ReadonlyMap<string, number>;
  /** Length of its embedding; null where it gives none. */
  readonly embeddingLength: number | null;
  /** What has to be known of images before a step; null where it is all computed in `forward`. */
  answer(images: TeacherImages): Promise<TeacherAnswer | null>;
  /** Logits, and what else is wished for, of a batch `[batch, height, width, 3]` that was answered before. */
  forward(images: tf.Tensor4D, wish: TeacherWish, answer: TeacherAnswer | null): TeacherOutputs;
  close(): Promise<void>;
}
