/** The next few channels that one group could lose: `multiple` of them, or what is above the next multiple. */
export interface Candidate {
  /** Group id. */
  readonly group: string;
  readonly topology: string;
  /** The group's channels in the unpruned network. */
  readonly referenceChannels: number;
  /** The group's channels before and after this removal. */
  readonly before: number;
  readonly after: number;
  /** Mean normalized score of the channels that would go. */
  readonly score: number;
}

/**
 * Orders candidates: one priority each, lower goes first. Within a group, later removals must not come before earlier
 * ones; equal priorities go in the order given.
 */
export type SelectionPolicy = (candidates: readonly Candidate[]) => Float64Array;
