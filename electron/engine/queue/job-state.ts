/** Why a job failed: an error as data. */
export interface JobError {
  /** Null for one that nobody foresaw. */
  readonly code: string | null;
  readonly message: string;
}

/** A job that a worker has taken, for as long as its heartbeat goes on. */
export interface Lease {
  readonly channel: string;
  /** What is to be computed: the hash of the job's description. */
  readonly key: string;
  readonly id: string;
  /** Tells this attempt from a later one: whoever lost a job cannot settle it. */
  readonly retryCount: number;
  /** How often it has failed before. */
  readonly failures: number;
}

export type JobState =
  | { readonly state: 'waiting' }
  | { readonly state: 'running' }
  | { readonly state: 'done' }
  /** It failed as often as a job may, and nobody takes it up any more. */
  | { readonly state: 'setAside'; readonly error: JobError };

/** Jobs that wait in a channel. */
export interface Waiting {
  readonly channel: string;
  readonly count: number;
}
