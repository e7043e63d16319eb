import * as tf from '@tensorflow/tfjs-core';
import type { MethodState } from './method.ts';

/**
 * Embeddings of the images that were seen last, first in, first out. Batches are kept as they came, so that nothing is ever
 * moved: a batch comes in, and the oldest ones go. The owner calls `dispose`.
 */
export class EmbeddingQueue {
  readonly #rows: number;
  /** The oldest first. */
  readonly #batches: tf.Tensor2D[];

  /** Of at most so many rows (one batch at least), from what `readState` gave, or empty at first. */
  constructor({ rows, state }: { rows: number; state: MethodState }) {
    this.#rows = rows;
    this.#batches = readBatches(state);
  }

  /** Takes a batch `[batch, length]` in, and drops what is then too much; the tensor stays the caller's. */
  add(batch: tf.Tensor2D): void {
    this.#batches.push(tf.keep(tf.clone(batch)));
    let rows = this.#batches.reduce((sum, { shape }) => sum + shape[0], 0);
    while (rows > this.#rows && this.#batches.length > 1) {
      const oldest = this.#batches.shift()!;
      rows -= oldest.shape[0];
      oldest.dispose();
    }
  }

  /** All of it, `[rows, length]`, the oldest first. Throws where nothing was added yet. The caller disposes the result. */
  all(): tf.Tensor2D {
    return tf.concat(this.#batches, 0);
  }

  /** What another queue goes on from. */
  async readState(): Promise<Pick<MethodState, 'memory' | 'data'>> {
    const data = { sizes: this.#batches.map(({ shape }) => shape[0]) };
    if (this.#batches.length === 0) return { memory: new Map(), data };
    const all = this.all();
    const values = new Float32Array(await all.data<'float32'>());
    all.dispose();
    return { memory: new Map([['queue', { shape: all.shape, values }]]), data };
  }

  dispose(): void {
    tf.dispose(this.#batches.splice(0));
  }
}

function readBatches({ memory, data }: MethodState): tf.Tensor2D[] {
  const queue = memory.get('queue');
  if (!queue || !Array.isArray(data.sizes)) return [];
  const length = queue.shape[1]!;
  let first = 0;
  return data.sizes.map((size: number) => {
    const values = queue.values.slice(first * length, (first + size) * length);
    first += size;
    return tf.keep(tf.tensor2d(values, [size, length]));
  });
}
