import type { RunListener } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { formatBytes, formatPlural } from '../../../../shared/text/format.ts';
import type { Clock } from '../../core/clock.ts';
import type { RunId } from '../../core/ids.ts';
import type { ProgressListener } from '../../core/progress.ts';
import type { Random } from '../../core/random.ts';
import type { Eviction } from '../../data/index.ts';
import { cacheFolder, type Store } from '../../store/index.ts';
import type { Teacher } from '../../teacher/index.ts';
import type { RunControl } from './run-control.ts';

/** What every stage of a run has access to. */
export interface RunContext {
  readonly id: RunId;
  readonly recipe: Recipe;
  readonly store: Store;
  /** Root of all randomness in this run: seeded by the recipe, forked by purpose. */
  readonly random: Random;
  /** Stops while the run is paused. */
  readonly clock: Clock;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  /** Requests to the run, checked between steps. */
  readonly control: RunControl;
  /** The teacher in a file, if the recipe names one; a Decant network is trained and kept with the run. */
  readonly fileTeacher?: Teacher | null;
}

/** Where decoded images are cached, how much space they may take, and how deleted caches are reported. */
export function cacheOptions(home: string, limitBytes: number | null | undefined, listener?: RunListener) {
  return {
    cacheFolder: cacheFolder(home),
    cacheLimitBytes: limitBytes ?? undefined,
    onEvicted: ({ caches, bytes }: Eviction) =>
      listener?.({
        type: 'note.added',
        message: `Deleted ${formatPlural(caches, 'cache')} of decoded images (${formatBytes(bytes)}) to make room, the least recently used first; --cache-limit sets the limit.`,
      }),
  };
}

/** Passes the progress of a piece of work on as events. */
export function progressListener(listener: RunListener): ProgressListener {
  return (progress) => listener({ type: 'run.progressed', ...progress });
}
