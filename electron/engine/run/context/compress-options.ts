import type { RunListener } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { BackendName } from '../../compute/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { RunControl } from './run-control.ts';

export interface CompressOptions {
  readonly home: string;
  /** Path of the dataset; with `resume`, null or its new path. */
  readonly dataset: string | null;
  /** Null with `resume`. */
  readonly recipe: Recipe | null;
  /** Id of the run to resume; null: a new run. */
  readonly resume: string | null;
  /** Folder for report, weights and exports; null: they stay in the home. */
  readonly out: string | null;
  readonly backend: 'auto' | BackendName;
  /** Threads of the CPU back end, and threads that decode images; null: as many as there are cores. */
  readonly threads: number | null;
  /** Limit for all decoded images in the home, bytes; null: 20 GB. */
  readonly cacheLimitBytes?: number | null;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  /** Pauses the run between two steps, or makes it finish early; its clock is the run's. */
  readonly control?: RunControl | undefined;
  readonly clock?: Clock | undefined;
}
