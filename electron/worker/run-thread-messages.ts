import type { Failure } from '../../shared/ipc/message.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunId } from '../engine/index.ts';
import type { EngineSettings } from './context.ts';

/** What the thread that computes a run is started with. */
export interface RunThreadData {
  readonly home: string;
  readonly run: RunId;
  readonly settings: EngineSettings;
}

/** Said to it: each takes effect between two steps. */
export type RunOrder = 'hold' | 'release' | 'stop' | 'finish-early';

/** How work on a run ended. */
export type RunEnd =
  | { readonly state: 'finished' }
  | { readonly state: 'stopped' }
  | { readonly state: 'failed'; readonly failure: Failure };

/** What it says: events as they come, and last of all how it ended. */
export type RunThreadMessage = { readonly event: RunEvent } | { readonly end: RunEnd };
