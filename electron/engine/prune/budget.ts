/** Size of a network as pruning counts it. */
export interface Cost {
  /** Multiply-accumulates of one image. */
  readonly macs: number;
  readonly parameters: number;
  /** Predicted milliseconds of one image, where a table of latencies is known. */
  readonly latencyMs?: number | undefined;
}

/** Upper bounds, absolute numbers; what is left out is not bounded. */
export interface Budget {
  readonly macs?: number | undefined;
  readonly parameters?: number | undefined;
  readonly latencyMs?: number | undefined;
}

/** How a cost shrinks from step to step. */
export const BUDGET_SCHEDULES = {
  /** Every step removes the same share of what is left. */
  geometric: (progress: number, full: number, target: number) => full * (target / full) ** progress,
  /** Every step removes the same amount. */
  linear: (progress: number, full: number, target: number) => full + (target - full) * progress,
} as const;

/**
 * The budget after `step` of `steps` cuts on the way from the full cost to the target: the target itself at the last.
 * A bound that the full cost already meets is returned as it is.
 *
 * @param step 1 … `steps`
 */
export function budgetAt(
  step: number,
  steps: number,
  fullCost: Cost,
  target: Budget,
  { schedule = 'geometric' }: { schedule?: keyof typeof BUDGET_SCHEDULES } = {},
): Budget {
  const bound = (full: number | undefined, end: number | undefined): number | undefined => {
    if (end === undefined || full === undefined || end >= full || step >= steps) return end;
    return BUDGET_SCHEDULES[schedule](step / steps, full, end);
  };
  return {
    macs: bound(fullCost.macs, target.macs),
    parameters: bound(fullCost.parameters, target.parameters),
    latencyMs: bound(fullCost.latencyMs, target.latencyMs),
  };
}
