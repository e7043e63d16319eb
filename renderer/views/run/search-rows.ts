import { findBestCandidates, listSearchCosts, type Search, type SearchCandidate } from '../../../shared/run/search.ts';

/** A judged network as the page lists it. */
export interface SearchRow {
  /** Its place among all that were judged, from 0. */
  readonly place: number;
  readonly candidate: SearchCandidate;
  readonly chosen: boolean;
}

/** The networks that no other beats at one of the costs, the chosen one, and the one that is looked at; by their MACs. */
export function listSearchRows(search: Search, shown: number | null): SearchRow[] {
  const places = new Set(listSearchCosts(search).flatMap((cost) => findBestCandidates(search, cost)));
  for (const place of [search.chosen, shown]) if (place !== null) places.add(place);
  return [...places]
    .map((place) => ({ place, candidate: search.candidates[place]!, chosen: place === search.chosen }))
    .sort((a, b) => a.candidate.macs - b.candidate.macs || a.place - b.place);
}
