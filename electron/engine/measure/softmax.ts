/**
 * Probabilities of some classes of one image.
 *
 * @param logits `[classes]`
 * @param wanted the classes, in any order
 * @param temperature what logits are divided by
 */
export function softmaxOf(logits: ArrayLike<number>, wanted: readonly number[], temperature = 1): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i]!);
  const weigh = (logit: number) => Math.exp((logit - highest) / temperature);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += weigh(logits[i]!);
  return wanted.map((label) => weigh(logits[label]!) / sum);
}
