import type { RunEvent } from '../../shared/run/events.ts';
import type { RunId, Task } from '../engine/index.ts';
import type { EngineSettings } from './settings.ts';

/** What the thread that computes a run is given. */
export interface RunOrder {
  readonly home: string;
  readonly run: RunId;
  readonly settings: EngineSettings;
}

/** What it does: once the work, and meanwhile what steers it, each of which takes effect between two steps. */
export type RunTasks = {
  readonly work: Task<RunOrder, void, RunEvent>;
  readonly hold: Task<void, void>;
  readonly release: Task<void, void>;
  readonly finishEarly: Task<void, void>;
};
