import type { Recipe } from '../../../shared/run/recipe.ts';
import { Random } from '../core/random.ts';
import { BATCH_AUGMENTATIONS, IMAGE_AUGMENTATIONS } from './augment/index.ts';
import { WorkingImage } from './augment/working-image.ts';
import type { Batch } from './batch.ts';
import { NO_LABEL } from './dataset.ts';
import { normalizeInto } from './normalization.ts';

export type AugmentationSettings = Recipe['data']['augmentation'];

/** Everything that decides the batches of one pass over some images; plain data, so that it can be sent to a thread. */
export interface BatchPlan {
  /** Dataset indices in the order in which they are visited. */
  order: Int32Array;
  batch: number;
  classes: number;
  augmentation: AugmentationSettings | null;
  /** `Random.path` of the generator that all augmentation of this plan comes from. */
  randomPath: string;
  /** By which that generator is forked. */
  epoch: number;
}

/** Reads rows of the cache: `[indices.length, size, size, 3]` into `target`. */
export type ReadPixels = (indices: Int32Array, target: Uint8Array) => void;

/**
 * Makes batches of a plan, any of them in any order. An image's augmentation depends on the plan's generator, the epoch,
 * the image's index and how often it came before in this plan alone; how images are mixed, on the generator, the epoch and the batch's number.
 */
export class BatchComposer {
  readonly #plan: BatchPlan;
  readonly #size: number;
  readonly #labels: Int32Array;
  readonly #read: ReadPixels;
  readonly #random: Random;
  readonly #raw: Uint8Array;
  readonly #image: WorkingImage;
  /** How often the image at each place of the order came before. */
  readonly #repeats: Uint32Array;

  constructor(plan: BatchPlan, source: { inputSize: number; labels: Int32Array; read: ReadPixels }) {
    this.#plan = plan;
    this.#size = source.inputSize;
    this.#labels = source.labels;
    this.#read = source.read;
    this.#random = new Random(plan.randomPath);
    this.#raw = new Uint8Array(Math.min(plan.batch, plan.order.length) * this.#size * this.#size * 3);
    this.#image = new WorkingImage(this.#size);
    this.#repeats = countRepeats(plan.order);
  }

  /** Batch `number`, counted from 0. */
  compose(number: number): Batch {
    const { order, batch: batchSize, classes, epoch } = this.#plan;
    const indices = order.slice(number * batchSize, (number + 1) * batchSize) as Int32Array<ArrayBuffer>;
    const size = indices.length;
    const values = this.#size * this.#size * 3;
    this.#read(indices, this.#raw);
    const batch: Batch = {
      images: new Float32Array(size * values),
      targets: new Float32Array(size * classes),
      labels: new Int32Array(size),
      indices,
      size,
    };
    for (let row = 0; row < size; row++) {
      const label = this.#labels[indices[row]!]!;
      batch.labels[row] = label;
      // All zeros where the image has no label.
      if (label !== NO_LABEL) batch.targets[row * classes + label] = 1;
      this.#composeImage(row, number * batchSize + row, batch.images);
    }
    const settings = this.#plan.augmentation;
    if (settings) {
      const random = this.#random.fork('mix', epoch, number);
      for (const augmentation of BATCH_AUGMENTATIONS)
        if (augmentation.isOn(settings))
          augmentation.apply({ batch, classes, imageSize: this.#size }, settings, random);
    }
    return batch;
  }

  /** @param place in the order */
  #composeImage(row: number, place: number, target: Float32Array): void {
    const { augmentation: settings, epoch, order } = this.#plan;
    const repeat = this.#repeats[place]!;
    const keys = [epoch, order[place]!, ...(repeat > 0 ? [repeat] : [])];
    const values = this.#size * this.#size * 3;
    const image = this.#image;
    image.load(this.#raw, row * values);
    if (settings)
      for (const augmentation of IMAGE_AUGMENTATIONS)
        if (augmentation.isOn(settings))
          augmentation.apply(image, settings, this.#random.fork(augmentation.name, ...keys));
    normalizeInto(target, row * values, image.pixels);
  }
}

function countRepeats(order: Int32Array): Uint32Array {
  const seen = new Map<number, number>();
  return Uint32Array.from(order, (index) => {
    const before = seen.get(index) ?? 0;
    seen.set(index, before + 1);
    return before;
  });
}
