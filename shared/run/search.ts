import { z } from 'zod';
import { findParetoFront } from './pareto-front.ts';
import { SEARCH_POLICIES } from './recipe.ts';

/** Networks that a search has judged, as they are stored and reported. */

const count = z.int().min(0);

/** One of them. `widths` are the channels of each group, in the order of the search's groups. */
export const candidateSchema = z.strictObject({
  widths: z.array(z.int().min(1)),
  /** Of one image. */
  macs: count,
  parameters: count,
  /** Predicted; null where the recipe bounds no milliseconds. */
  latencyMs: z.number().nullable(),
  /** Share of the images of the search guessed right, and the mean cross-entropy, before any training of its own. */
  top1: z.number().min(0).max(1),
  loss: z.number(),
});
export type SearchCandidate = z.infer<typeof candidateSchema>;

/** A search so far. */
export const searchSchema = z.strictObject({
  policy: z.enum(SEARCH_POLICIES),
  /** Images that judged the networks, and nothing else. */
  images: count,
  /** Channels that are narrower or wider together, by the name of the layer that makes them, and how many the full student has. */
  groups: z.array(z.strictObject({ name: z.string(), channels: z.int().min(1) })),
  /** All that were judged, in their order. */
  candidates: z.array(candidateSchema),
  /** Place among them of the one that took the student's place; null: not chosen yet. */
  chosen: z.int().min(0).nullable(),
});
export type Search = z.infer<typeof searchSchema>;

/** A search as its run keeps it: judgements hold for one supernet. */
export const keptSearchSchema = searchSchema.extend({
  /** SHA-256 of the numbers of the network whose parts were judged. */
  supernet: z.string().regex(/^[0-9a-f]{64}$/),
});
export type KeptSearch = z.infer<typeof keptSearchSchema>;

/** What a network of a search costs, as it is compared: MACs, or milliseconds where they are predicted. */
export const SEARCH_COSTS = ['macs', 'latencyMs'] as const;
export type SearchCost = (typeof SEARCH_COSTS)[number];

/** The costs that all networks of a search have. */
export function listSearchCosts({ candidates }: Pick<Search, 'candidates'>): SearchCost[] {
  return SEARCH_COSTS.filter((cost) => candidates.every((candidate) => candidate[cost] !== null));
}

/** Places of the networks that no other beats, the cheapest first: none costs at most as much and is right at least as often. */
export function findBestCandidates({ candidates }: Pick<Search, 'candidates'>, cost: SearchCost): number[] {
  const places = candidates.map((_, place) => place);
  return findParetoFront(places, {
    cost: (place) => candidates[place]![cost] ?? 0,
    gain: (place) => candidates[place]!.top1,
  });
}

/** Shares of its channels that a network keeps in each group. */
export function listWidthShares({ groups }: Pick<Search, 'groups'>, { widths }: SearchCandidate): number[] {
  return widths.map((width, i) => width / groups[i]!.channels);
}
