import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../core/random.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import type { MethodState } from './method.ts';

const SIDES = ['student', 'teacher'] as const;
export type BankSide = (typeof SIDES)[number];

/** Embeddings of length 1 of the same images, `[images, length]` of each side. */
export type BothSides = Readonly<Record<BankSide, tf.Tensor2D>>;

/** Images of one batch and what was made of them when they were seen. */
interface Entry extends BothSides {
  readonly images: Int32Array;
}

/** Stands where a row is of no image. */
const NO_IMAGE = -1;

/**
 * What student and teacher made of the images that were seen last, batch by batch, and so of each image once in about an epoch.
 * It begins with directions drawn at random (Wu et al. 2018). Batches are kept as they came, so that nothing is ever moved: a
 * step adds a batch and drops the oldest. The owner calls `dispose`.
 */
export class MemoryBank {
  readonly #rows: number;
  readonly #length: number;
  readonly #random: Random;
  /** The oldest first. */
  readonly #entries: Entry[];

  /** Of at most so many rows (one batch at least), each of this length; from what `readState` gave, or empty at first. */
  constructor({ rows, length, state, random }: { rows: number; length: number; state: MethodState; random: Random }) {
    this.#rows = rows;
    this.#length = length;
    this.#random = random;
    this.#entries = readEntries(state);
  }

  /**
   * At least `count` rows, if there are so many: whole batches drawn from this stream, `[rows, length]` of each side, and which
   * image each row is of. `batch` is the size of the batches to come. The caller disposes both tensors.
   */
  draw(count: number, { batch, random }: { batch: number; random: Random }): Entry {
    if (this.#entries.length === 0) this.#begin(batch);
    const left = [...this.#entries];
    const chosen: Entry[] = [];
    for (let rows = 0; rows < count && left.length > 0; rows += chosen.at(-1)!.images.length)
      chosen.push(...left.splice(random.integer(left.length), 1));
    return joinEntries(chosen);
  }

  /** Remembers a batch; the tensors stay the caller's. */
  add(images: Int32Array, embeddings: BothSides): void {
    const [student, teacher] = SIDES.map((side) => tf.keep(tf.clone(embeddings[side]))) as [tf.Tensor2D, tf.Tensor2D];
    this.#entries.push({ images: images.slice(), student, teacher });
    while (this.#entries.length > this.#countBatches(images.length)) disposeEntry(this.#entries.shift()!);
  }

  /** What another bank goes on from. */
  async readState(): Promise<Pick<MethodState, 'memory' | 'data'>> {
    const data = { sizes: this.#entries.map(({ images }) => images.length) };
    if (this.#entries.length === 0) return { memory: new Map(), data };
    const { images, ...tensors } = joinEntries(this.#entries);
    const memory: Weights = new Map([['images', { shape: [images.length], values: Float32Array.from(images) }]]);
    for (const side of SIDES) {
      const values = new Float32Array(await tensors[side].data<'float32'>());
      memory.set(side, { shape: tensors[side].shape, values });
    }
    tf.dispose(Object.values(tensors));
    return { memory, data };
  }

  dispose(): void {
    for (const entry of this.#entries.splice(0)) disposeEntry(entry);
  }

  #countBatches(size: number): number {
    return Math.max(1, Math.floor(this.#rows / size));
  }

  #begin(batch: number): void {
    const images = new Int32Array(batch).fill(NO_IMAGE);
    for (let i = 0; i < this.#countBatches(batch); i++) {
      const draw = (side: BankSide) =>
        tf.keep(tf.tensor2d(drawDirections(batch, this.#length, this.#random.fork(side, i)), [batch, this.#length]));
      this.#entries.push({ images, student: draw('student'), teacher: draw('teacher') });
    }
  }
}

function readEntries({ memory, data }: MethodState): Entry[] {
  const images = memory.get('images');
  if (!images || !Array.isArray(data.sizes)) return [];
  let first = 0;
  return data.sizes.map((size: number) => {
    const cut = (side: BankSide) => {
      const { shape, values } = memory.get(side) as HostTensor; // `readState` writes both with the images.
      const length = shape[1]!;
      return tf.keep(tf.tensor2d(values.slice(first * length, (first + size) * length), [size, length]));
    };
    const entry = {
      images: Int32Array.from(images.values.subarray(first, first + size)),
      student: cut('student'),
      teacher: cut('teacher'),
    };
    first += size;
    return entry;
  });
}

function joinEntries(entries: readonly Entry[]): Entry {
  return {
    images: Int32Array.from(entries.flatMap(({ images }) => [...images])),
    student: tf.concat(entries.map(({ student }) => student)),
    teacher: tf.concat(entries.map(({ teacher }) => teacher)),
  };
}

function disposeEntry({ student, teacher }: Entry): void {
  tf.dispose([student, teacher]);
}

/** Rows of length 1. */
function drawDirections(rows: number, length: number, random: Random): Float32Array {
  const values = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const direction = values.subarray(row * length, (row + 1) * length);
    let square = 0;
    for (let i = 0; i < length; i++) {
      direction[i] = random.normal();
      square += direction[i]! ** 2;
    }
    const norm = Math.sqrt(square);
    for (let i = 0; i < length; i++) direction[i]! /= norm;
  }
  return values;
}
