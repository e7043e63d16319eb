import * as tf from '@tensorflow/tfjs-core';
import { embeddingTap, forward, type Network, type Parameters } from '../model/index.ts';

/** Embeddings of some images, in ordinary memory. */
export interface Embeddings {
  /** `[images, length]`, each of length 1. */
  readonly rows: Float32Array;
  readonly length: number;
  /** Class of every image. */
  readonly labels: Int32Array;
}

interface EmbeddedBatch {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly size: number;
}

/** What enters a network's classifier for some images, in inference mode, brought to length 1. Leaves no tensors behind. */
export async function embedImages(
  { network, parameters }: { network: Network; parameters: Parameters },
  batches: AsyncIterable<EmbeddedBatch> | Iterable<EmbeddedBatch>,
): Promise<Embeddings> {
  const tap = embeddingTap(network);
  const [height, width] = network.inputSize;
  const parts: Float32Array[] = [];
  const labels: number[] = [];
  let length = 0;
  for await (const batch of batches) {
    const embedding = tf.tidy(() => {
      const images = tf.tensor4d(batch.images, [batch.size, height, width, 3]);
      return forward(network, parameters, images, { training: false, taps: [tap] }).taps.get(tap)! as tf.Tensor2D; // What enters a classifier is flat.
    });
    length = embedding.shape[1];
    parts.push(normalizeRows(new Float32Array(await embedding.data<'float32'>()), length));
    embedding.dispose();
    labels.push(...batch.labels);
  }
  const rows = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    rows.set(part, at);
    at += part.length;
  }
  return { rows, length, labels: Int32Array.from(labels) };
}

/** Brings rows to length 1, in place; one that is all 0 stays so. */
function normalizeRows(rows: Float32Array, length: number): Float32Array {
  for (let first = 0; first < rows.length; first += length) {
    let squares = 0;
    for (let i = first; i < first + length; i++) squares += rows[i]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = first; i < first + length; i++) rows[i]! *= scale;
  }
  return rows;
}
