import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../core/random.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import { normalizeRows } from './relations.ts';

const SIDES = ['student', 'teacher'] as const;
export type BankSide = (typeof SIDES)[number];

/** Share of what a row held before in what it holds after its image was seen again (Wu et al. 2018). */
const MOMENTUM = 0.5;

/**
 * What student and teacher made of images when they were seen: a row an image for each side, `[rows, length]`, a running mean of
 * embeddings of length 1. Which image has which row is drawn at the start; where there are more images than rows, the others
 * have none. Rows are in no order, so that neighbours are as good as drawn at random. The owner calls `dispose`.
 */
export class MemoryBank {
  /** The image of each row. */
  readonly #images: Float32Array;
  readonly #rowOf: ReadonlyMap<number, number>;
  readonly #embeddings: Record<BankSide, tf.Tensor2D>;

  /** As `readMemory` gave it, or fresh where `memory` is empty: rows that were not seen yet point anywhere. */
  constructor(
    images: ArrayLike<number>,
    { rows, length, memory, random }: { rows: number; length: number; memory: Weights; random: Random },
  ) {
    this.#images = memory.get('images')?.values ?? chooseImages(images, rows, random.fork('images'));
    this.#rowOf = new Map(Array.from(this.#images, (image, row) => [image, row]));
    const open = (side: BankSide) => {
      const { shape, values } = memory.get(side) ?? drawDirections(this.rows, length, random.fork(side));
      return tf.keep(tf.tensor2d(new Float32Array(values), [shape[0]!, shape[1]!]));
    };
    this.#embeddings = { student: open('student'), teacher: open('teacher') };
  }

  get rows(): number {
    return this.#images.length;
  }

  /**
   * `count` rows of one side from `start` on, after the last the first again, each brought to length 1: `[count, length]`. The
   * caller disposes them.
   */
  take(side: BankSide, start: number, count: number): tf.Tensor2D {
    const all = this.#embeddings[side];
    const untilEnd = Math.min(count, this.rows - start);
    return tf.tidy(() => {
      const first = tf.slice(all, [start, 0], [untilEnd, -1]);
      const rows = untilEnd === count ? first : tf.concat([first, tf.slice(all, [0, 0], [count - untilEnd, -1])]);
      return normalizeRows(rows);
    });
  }

  /** 1 where a row that `take` gives is of another image, 0 where it is of the same: `[images, count]`. The caller disposes it. */
  maskOfOthers(images: Int32Array, start: number, count: number): tf.Tensor2D {
    const mask = new Float32Array(images.length * count).fill(1);
    for (const [i, image] of images.entries()) {
      const row = this.#rowOf.get(image);
      if (row === undefined) continue;
      const place = (row - start + this.rows) % this.rows;
      if (place < count) mask[i * count + place] = 0;
    }
    return tf.tensor2d(mask, [images.length, count]);
  }

  /** Moves the rows of these images towards their new embeddings of length 1, `[images, length]` of each side. */
  update(images: Int32Array, embeddings: Readonly<Record<BankSide, tf.Tensor2D>>): void {
    const seen = [...images.keys()].filter((i) => this.#rowOf.has(images[i]!));
    if (seen.length === 0) return;
    const rows = seen.map((i) => this.#rowOf.get(images[i]!)!);
    const shares = new Float32Array(this.rows).fill(1);
    for (const row of rows) shares[row] = MOMENTUM;
    for (const side of SIDES) {
      const before = this.#embeddings[side];
      this.#embeddings[side] = tf.tidy(() => {
        const fresh = seen.length === images.length ? embeddings[side] : tf.gather(embeddings[side], seen);
        const places = tf.tensor2d(rows, [rows.length, 1], 'int32');
        const added = tf.scatterND(places, tf.mul(fresh, 1 - MOMENTUM), before.shape);
        return tf.keep(tf.add<tf.Tensor2D>(tf.mul(before, tf.tensor2d(shares, [this.rows, 1])), added));
      });
      before.dispose();
    }
  }

  /** What another bank goes on from. */
  async readMemory(): Promise<Weights> {
    const read = async (side: BankSide): Promise<[string, HostTensor]> => {
      const tensor = this.#embeddings[side];
      return [side, { shape: tensor.shape, values: new Float32Array(await tensor.data<'float32'>()) }];
    };
    const images: HostTensor = { shape: [this.rows], values: this.#images };
    return new Map([['images', images], ...(await Promise.all(SIDES.map(read)))]);
  }

  dispose(): void {
    tf.dispose(Object.values(this.#embeddings));
  }
}

/** At most `rows` of the images, in random order. */
function chooseImages(images: ArrayLike<number>, rows: number, random: Random): Float32Array {
  const order = Float32Array.from(images);
  const count = Math.min(rows, order.length);
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(order.length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, count);
}

function drawDirections(rows: number, length: number, random: Random): HostTensor {
  const values = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const direction = Array.from({ length }, () => random.normal());
    const norm = Math.hypot(...direction);
    values.set(
      direction.map((x) => x / norm),
      row * length,
    );
  }
  return { shape: [rows, length], values };
}
