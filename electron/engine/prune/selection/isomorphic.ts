import type { Candidate, SelectionPolicy } from './policy.ts';

/**
 * Scores compete only among groups with the same topology, and every topology loses the same share of its channels (Fang et
 * al. 2024, "Isomorphic Pruning for Vision Models"): the priority is the share of the topology's channels that are gone
 * half-way through the removal, lowest scores first.
 */
export const orderIsomorphically: SelectionPolicy = (candidates) => {
  const priorities = new Float64Array(candidates.length);
  for (const indices of byTopology(candidates).values()) {
    const { total, present } = countChannels(indices.map((index) => candidates[index]!));
    let gone = total - present;
    for (const index of indices.toSorted((a, b) => candidates[a]!.score - candidates[b]!.score || a - b)) {
      const { before, after } = candidates[index]!;
      priorities[index] = (gone + (before - after) / 2) / total;
      gone += before - after;
    }
  }
  return priorities;
};

function byTopology(candidates: readonly Candidate[]): Map<string, number[]> {
  const indices = new Map<string, number[]>();
  candidates.forEach(({ topology }, index) => {
    const list = indices.get(topology);
    if (list) list.push(index);
    else indices.set(topology, [index]);
  });
  return indices;
}

/** Channels of a topology in the unpruned network and now, over the groups that can still lose some. */
function countChannels(candidates: readonly Candidate[]): { total: number; present: number } {
  const groups = new Map<string, { reference: number; present: number }>();
  for (const { group, referenceChannels, before } of candidates) {
    const known = groups.get(group);
    groups.set(group, { reference: referenceChannels, present: Math.max(known?.present ?? 0, before) });
  }
  let [total, present] = [0, 0];
  for (const group of groups.values()) {
    total += group.reference;
    present += group.present;
  }
  return { total, present };
}
