/**
 * How much of a reference's accuracy a network keeps: the plain ratio of both top-1 shares, measured on the same images.
 * Nothing is subtracted for guessing and nothing is capped: above 1 means better than the reference. Null where the
 * reference is never right.
 */
export function retention(network: { top1: number }, reference: { top1: number }): number | null {
  return reference.top1 === 0 ? null : network.top1 / reference.top1;
}
