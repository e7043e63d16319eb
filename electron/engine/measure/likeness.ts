/** Training images that others are compared with, and numbers that these may take together. */
const MOST_REFERENCES = 1000;
const MOST_NUMBERS = 2 ** 20;
/** Share of the validation images that each network finds like the training images. */
export const LIKE_SHARE = 0.975;
/** The constant that stands beside the logits, as a share of their length. */
const CONSTANT_SHARE = 0.25;

/** What tells whether an image is like the training images, by the logits of one network. */
export interface Likeness {
  /** Stands beside the logits of every image. */
  readonly constant: number;
  /** `[images, classes + 1]`: training images as directions, see `directionOf`. */
  readonly references: Float32Array;
  /** Images whose unlikeness is larger are unlike. */
  readonly threshold: number;
}

/** How many training images can be compared with. */
export function countReferences(classes: number): number {
  return Math.max(1, Math.min(MOST_REFERENCES, Math.floor(MOST_NUMBERS / (classes + 1))));
}

/**
 * Learns what the training images look like to a network: its logits for them, as directions. An image is unlike when none of
 * them lies near its own direction: the nearest neighbour of Sun et al. 2022, in the space of the logits, which every network
 * and every exported file gives. The constant, which all directions have in common, makes lengths count a little, without
 * which two classes had two directions only. docs/guide.md says how well that works.
 *
 * @param training logits `[images, classes]` of at most `countReferences` training images, as they are
 * @param validation logits `[images, classes]`; the threshold is such that `LIKE_SHARE` of them are like
 */
export function fitLikeness(training: Float32Array, validation: Float32Array, classes: number): Likeness {
  let squares = 0;
  eachRow(training, classes, (row) => {
    const mean = meanOf(row);
    for (const value of row) squares += (value - mean) ** 2;
  });
  const constant = Math.fround(CONSTANT_SHARE * Math.sqrt((squares * classes) / training.length)) || 1;
  const references = new Float32Array((training.length / classes) * (classes + 1));
  eachRow(training, classes, (row, image) => references.set(directionOf(row, constant), image * (classes + 1)));
  const scores: number[] = [];
  eachRow(validation, classes, (row) => scores.push(measureUnlikeness({ constant, references }, row)));
  scores.sort((a, b) => a - b);
  return { constant, references, threshold: scores[Math.ceil(LIKE_SHARE * scores.length) - 1] ?? 2 };
}

/**
 * One minus the cosine between an image and the nearest training image, 0 to 2.
 *
 * @param logits `[classes]` of one image
 */
export function measureUnlikeness({ constant, references }: Omit<Likeness, 'threshold'>, logits: Float32Array): number {
  const direction = directionOf(logits, constant);
  let nearest = -1;
  for (let first = 0; first < references.length; first += direction.length) {
    let cosine = 0;
    for (let i = 0; i < direction.length; i++) cosine += direction[i]! * references[first + i]!;
    nearest = Math.max(nearest, cosine);
  }
  return Math.fround(1 - nearest); // As it is when it is read again.
}

/** Logits minus their mean, which softmax does not see, with the constant beside them, scaled to length 1. */
function directionOf(logits: Float32Array, constant: number): Float32Array {
  const mean = meanOf(logits);
  const direction = new Float32Array(logits.length + 1);
  for (let i = 0; i < logits.length; i++) direction[i] = logits[i]! - mean;
  direction[logits.length] = constant;
  const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  return direction.map((value) => value / length);
}

function meanOf(row: Float32Array): number {
  return row.reduce((sum, value) => sum + value, 0) / row.length;
}

function eachRow(logits: Float32Array, classes: number, visit: (row: Float32Array, image: number) => void): void {
  for (let image = 0; image < logits.length / classes; image++)
    visit(logits.subarray(image * classes, (image + 1) * classes), image);
}
