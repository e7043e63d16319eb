import { DecantError } from '../core/errors.ts';
import { softmaxOf } from './softmax.ts';

/** What a network got right on a set of labelled images. Shares are in [0, 1]. */
export interface Evaluation {
  images: number;
  top1: number;
  /** Share of images whose label is among the 5 highest logits (all classes where there are fewer). */
  top5: number;
  /** Mean cross-entropy with the labels, nats, without label smoothing. */
  loss: number;
  /** By class; `top1` is null for a class without images. */
  perClass: { images: number; top1: number | null }[];
  /** `confusion[label][prediction]`: number of images. */
  confusion: number[][];
  /** One entry an image, in the order of the batches. */
  predictions: Predictions;
}

export interface Predictions {
  /** The image's index in its dataset. */
  indices: Int32Array;
  labels: Int32Array;
  /** Classes that are told of each image: the 5 likeliest, or all where there are fewer. */
  ranked: number;
  /** `[images, ranked]`: the classes, likeliest first. */
  classes: Int32Array;
  /** `[images, ranked]`: their softmax probabilities. */
  probabilities: Float32Array;
}

/** Classes that are told of each image. */
export const RANKED = 5;

/**
 * Counts correct answers batch by batch. Of equal logits the lower class index ranks first, so that a network that
 * says the same for every class is right only for class 0, not always.
 */
export class AccuracyTally {
  readonly #classes: number;
  readonly #ranked: number;
  readonly #confusion: number[][];
  readonly #indices: number[] = [];
  readonly #labels: number[] = [];
  readonly #predicted: number[] = [];
  readonly #probabilities: number[] = [];
  #top1 = 0;
  #top5 = 0;
  #loss = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#ranked = Math.min(RANKED, classes);
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /**
   * Adds `labels.length` images.
   *
   * @param logits `[images, classes]`, row by row
   * @param indices where each image stands in its dataset
   * @throws DecantError `training.diverged` for a logit that is not finite
   */
  add(logits: Float32Array, labels: Int32Array, indices: Int32Array): void {
    const classes = this.#classes;
    if (logits.length !== labels.length * classes || indices.length !== labels.length)
      throw new RangeError(
        `${logits.length} logits and ${indices.length} indices do not belong to ${labels.length} labels of ${classes} classes.`,
      );
    for (let image = 0; image < labels.length; image++)
      this.#addImage(logits.subarray(image * classes, (image + 1) * classes), labels[image]!, indices[image]!);
  }

  /** The figures so far. Shares of no images at all are 0. */
  result(): Evaluation {
    const images = this.#labels.length;
    const share = (count: number) => (images === 0 ? 0 : count / images);
    return {
      images,
      top1: share(this.#top1),
      top5: share(this.#top5),
      loss: share(this.#loss),
      perClass: this.#confusion.map((row, label) => {
        const total = row.reduce((sum, count) => sum + count, 0);
        return { images: total, top1: total === 0 ? null : row[label]! / total };
      }),
      confusion: this.#confusion.map((row) => [...row]),
      predictions: {
        indices: Int32Array.from(this.#indices),
        labels: Int32Array.from(this.#labels),
        ranked: this.#ranked,
        classes: Int32Array.from(this.#predicted),
        probabilities: Float32Array.from(this.#probabilities),
      },
    };
  }

  #addImage(logits: Float32Array, label: number, index: number): void {
    const own = logits[label];
    if (own === undefined) throw new RangeError(`Image ${index} has label ${label}, outside ${this.#classes} classes.`);
    let rank = 0;
    for (let i = 0; i < logits.length; i++) {
      const value = logits[i]!;
      if (!Number.isFinite(value))
        throw new DecantError(
          'training.diverged',
          `The network outputs ${value} for class ${i} of image ${index}; its weights are unusable: go back to an earlier checkpoint or train with a lower learning rate.`,
          { index, class: i, value },
        );
      if (value > own || (value === own && i < label)) rank++;
    }
    const ranking = rankClasses(logits, this.#ranked);
    const best = ranking[0]!;
    const highest = logits[best]!;
    let sum = 0;
    for (const value of logits) sum += Math.exp(value - highest);
    this.#loss += Math.log(sum) + highest - own;
    if (rank === 0) this.#top1++;
    if (rank < 5) this.#top5++;
    this.#confusion[label]![best]!++;
    this.#indices.push(index);
    this.#labels.push(label);
    this.#predicted.push(...ranking);
    this.#probabilities.push(...softmaxOf(logits, ranking));
  }
}

/** The `count` classes of the highest logits, highest first; of equal ones the lower class index first. */
export function rankClasses(logits: ArrayLike<number>, count: number): number[] {
  const ranking: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    if (ranking.length === count && !(logits[i]! > logits[ranking[count - 1]!]!)) continue;
    const place = ranking.findIndex((other) => logits[i]! > logits[other]!);
    ranking.splice(place < 0 ? ranking.length : place, 0, i);
    ranking.length = Math.min(ranking.length, count);
  }
  return ranking;
}
