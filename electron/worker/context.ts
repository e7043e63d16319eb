import type { AppEvent } from '../../shared/ipc/events.ts';
import type { RunBook, Store, Workbench } from '../engine/index.ts';
import type { PhoneDesk } from './phone-desk.ts';
import type { RunQueue } from './run-queue.ts';
import type { EngineSettings } from './settings.ts';
import type { StatusBoard } from './status-board.ts';
import type { Works } from './works.ts';

/** What every handler works with. */
export interface WorkerContext {
  readonly home: string;
  /** The home's store, open for as long as the process lives: opening it again reads it through. */
  readonly store: Store;
  /** Datasets, finished runs and single images, as the window looks at them. */
  readonly workbench: Workbench;
  /** Its runs. */
  readonly book: RunBook;
  readonly queue: RunQueue;
  readonly board: StatusBoard;
  /** The page that is served to a phone, if any. */
  readonly phones: PhoneDesk;
  /** As configured last. */
  settings: EngineSettings;
  /** Tells the window. */
  emit(event: AppEvent): void;
  /** Long work that carries a name: gives it progress and a signal. */
  readonly works: Works;
}
