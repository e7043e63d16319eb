export { addressOf, CATALOGUE, type CatalogueEntry } from './entries.ts';
export { findHub } from './hub.ts';
export { KeptWeights } from './kept-weights.ts';
