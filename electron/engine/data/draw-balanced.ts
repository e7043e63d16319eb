import type { Random } from '../core/random.ts';

/**
 * As many images as are given, as evenly of every class as their number allows: large classes in part, small ones again and
 * again. Which ones is drawn.
 *
 * @param indices images, at least one of each class
 * @param labels class of every image of the dataset
 */
export function drawBalanced(indices: Int32Array, labels: Int32Array, classes: number, random: Random): Int32Array {
  const groups = Array.from({ length: classes }, (): number[] => []);
  for (const index of indices) groups[labels[index]!]!.push(index);
  // Which classes have one more, where they cannot all have as many, changes as well.
  const order = random.fork('classes').shuffle(groups.map((_, label) => label));
  const drawn: number[] = [];
  for (const [place, label] of order.entries()) {
    const wanted = Math.floor(indices.length / classes) + (place < indices.length % classes ? 1 : 0);
    const group = groups[label]!;
    for (let round = 0, taken = 0; taken < wanted; round++, taken += group.length)
      for (const index of random
        .fork(label, round)
        .shuffle(group.slice())
        .slice(0, wanted - taken))
        drawn.push(index);
  }
  return Int32Array.from(drawn).sort();
}
