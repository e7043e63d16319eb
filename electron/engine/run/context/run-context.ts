import type { RunListener } from '../../../../shared/run/events.ts';
import type { FrozenLatency } from '../../../../shared/run/latency-table.ts';
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
  /** What predicts milliseconds; null where the recipe bounds none. */
  readonly latency?: FrozenLatency | null;
  /** The teacher in a file, if the recipe names one; a Decant network is trained and kept with the run. */
  readonly fileTeacher?: Teacher | null;
  /** Where answers of a teacher that computes on the back end are kept; without it they are computed each time. */
  readonly answers?: AnswerRoom | null;
}

/** Where a run keeps its teacher's answers, shared with other runs. */
export interface AnswerRoom {
  readonly folder: string;
  readonly limitBytes: number | null | undefined;
  /** Fingerprint of the dataset, and how many images it has. */
  readonly dataset: string;
  readonly images: number;
  /** What computes the answers, where that decides their last bits: back end, device and precision. */
  readonly computedOn: string;
  /** Hears, in a sentence, what answers take. */
  readonly note: (message: string) => void;
}

/** Passes each sentence on once. */
export function noteOnce(listener: RunListener): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) listener({ type: 'note.added', message });
    told.add(message);
  };
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
