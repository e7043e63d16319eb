import type { SelectionPolicy } from './policy.ts';

/** The lowest scores of the whole network go first. */
export const orderGlobally: SelectionPolicy = (candidates) => Float64Array.from(candidates, ({ score }) => score);
