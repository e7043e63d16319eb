import * as tf from '@tensorflow/tfjs-core';

/** How training found single images, an entry for each time that one was seen. */
export interface ImageScores {
  /** Indices in the dataset. */
  readonly images: Int32Array;
  /** Cross-entropy of the student with the targets, as augmented. */
  readonly losses: Float32Array;
  /** How much the teacher's answers counted. */
  readonly weights: Float32Array;
}

/** Collects the scores of single images. They stay on the device until `settle` reads them together. The owner calls `dispose`. */
export class ImageLedger {
  #pending: { readonly images: Int32Array; readonly scores: tf.Tensor2D }[] = [];
  readonly #settled: { readonly images: Int32Array; readonly scores: Float32Array }[] = [];

  /** Takes over losses and weights `[2, batch]` of the images; the ledger disposes them. */
  add(images: Int32Array, scores: tf.Tensor2D): void {
    this.#pending.push({ images, scores });
  }

  /** Reads what is pending. */
  async settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const { images, scores } of pending) {
      const values = await scores.data<'float32'>();
      scores.dispose();
      this.#settled.push({ images, scores: values.slice() });
    }
  }

  /** Everything that was read. */
  scores(): ImageScores {
    const total = this.#settled.reduce((sum, { images }) => sum + images.length, 0);
    const all = { images: new Int32Array(total), losses: new Float32Array(total), weights: new Float32Array(total) };
    let at = 0;
    for (const { images, scores } of this.#settled) {
      all.images.set(images, at);
      all.losses.set(scores.subarray(0, images.length), at);
      all.weights.set(scores.subarray(images.length), at);
      at += images.length;
    }
    return all;
  }

  dispose(): void {
    tf.dispose(this.#pending.map(({ scores }) => scores));
    this.#pending = [];
  }
}
