/** Dashes that tell the curves of a chart apart, in its order, where colours do not; they repeat where there are more. */
export const DASHES: readonly (readonly number[] | null)[] = [null, [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 2]];
