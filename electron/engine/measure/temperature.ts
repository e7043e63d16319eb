/** Validation images that a temperature is fitted on, at most. */
export const MOST_CALIBRATION_IMAGES = 2000;
/** Temperatures lie between 1 / MOST and MOST. */
const MOST = 8;
/**
 * Of a normal prior on ln T around T = 1: as good as nothing against hundreds of images, and what holds a few of them back. With
 * it, 12 validation images of the three runs of docs/guide.md gave a smaller cross-entropy on their test images than T = 1 did, in
 * the mean over 30 draws; without it a much larger one.
 */
const PRIOR_DEVIATION = 0.5;
const GRID = 33;
const REFINEMENTS = 30;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature by which logits are to be divided so that their softmax is calibrated (Guo et al. 2017): the one that
 * minimises the cross-entropy with the labels, under a weak prior towards 1, without which few images, or images that are all
 * right, would ask for a confidence of 100 %. Found by a grid and golden sections, so that the same logits give the same
 * number; rounded to four significant digits. 1 for no images.
 *
 * @param logits `[images, classes]`, finite
 * @param labels `[images]`
 */
export function fitTemperature(logits: Float32Array, labels: Int32Array): number {
  if (labels.length === 0) return 1;
  const below = gapsBelow(logits, labels.length);
  const cost = (logarithm: number) =>
    sumCrossEntropy(below, labels, Math.exp(-logarithm)) + logarithm ** 2 / (2 * PRIOR_DEVIATION ** 2);
  const edge = Math.log(MOST);
  const step = (2 * edge) / (GRID - 1);
  const grid = Array.from({ length: GRID }, (_, i) => cost(i * step - edge));
  const best = grid.indexOf(Math.min(...grid)) * step - edge;
  const low = Math.max(-edge, best - step);
  const high = Math.min(edge, best + step);
  return Number(Math.exp(minimize(cost, low, high)).toPrecision(4));
}

/** How far each logit lies below the largest of its image. */
function gapsBelow(logits: Float32Array, images: number): Float32Array {
  const classes = logits.length / images;
  if (!Number.isInteger(classes)) throw new RangeError(`${logits.length} logits do not belong to ${images} images.`);
  const gaps = new Float32Array(logits.length);
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes);
    const highest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    for (let i = 0; i < classes; i++) gaps[first + i] = row[i]! - highest;
  }
  return gaps;
}

function sumCrossEntropy(gaps: Float32Array, labels: Int32Array, sharpness: number): number {
  const classes = gaps.length / labels.length;
  let total = 0;
  for (let image = 0; image < labels.length; image++) {
    const first = image * classes;
    let sum = 0;
    for (let i = first; i < first + classes; i++) sum += Math.exp(sharpness * gaps[i]!);
    total += Math.log(sum) - sharpness * gaps[first + labels[image]!]!;
  }
  return total;
}

/** Golden-section search. */
function minimize(cost: (at: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [costLeft, costRight] = [cost(left), cost(right)];
  for (let i = 0; i < REFINEMENTS; i++) {
    if (costLeft <= costRight) {
      [high, right, costRight] = [right, left, costLeft];
      left = high - GOLDEN * (high - low);
      costLeft = cost(left);
    } else {
      [low, left, costLeft] = [left, right, costRight];
      right = low + GOLDEN * (high - low);
      costRight = cost(right);
    }
  }
  return (low + high) / 2;
}
