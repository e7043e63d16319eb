import type { SelectionPolicy } from './policy.ts';

/** Every group loses the same share of its channels; scores decide only which ones go inside a group. */
export const orderUniformly: SelectionPolicy = (candidates) =>
  Float64Array.from(candidates, ({ before, after, referenceChannels }) => 1 - (before + after) / 2 / referenceChannels);
