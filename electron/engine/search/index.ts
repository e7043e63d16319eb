export { differentiateNarrow } from './sandwich.ts';
export {
  type Candidate,
  chooseBest,
  compareCandidates,
  type SearchOptions,
  type SearchPolicy,
  searchWidths,
} from './search-widths.ts';
export { SearchSpace, type SpaceOptions, type Widths } from './space.ts';
export { takeParameters, takeWeights } from './sub-network.ts';
