import type { z } from 'zod';
import type { REQUESTS } from '../../../shared/ipc/contract.ts';
import type { MainRequestName } from '../../../shared/ipc/engine-messages.ts';
import type { Desktop } from '../desktop.ts';
import type { EngineHost } from '../engine/engine-host.ts';
import type { RecentFiles } from '../files/recent-files.ts';
import type { SavedPaths } from '../files/saved-paths.ts';
import type { WeightsPaths } from '../files/weights-paths.ts';
import type { SettingsStore } from '../settings.ts';

/** What answers to the window are made with. */
export interface MainContext {
  readonly desktop: Desktop;
  readonly host: EngineHost;
  readonly settings: SettingsStore;
  readonly weights: WeightsPaths;
  readonly recent: RecentFiles;
  readonly saved: SavedPaths;
  /** Folder of store, runs and cache, of this session. */
  readonly home: string;
}

/** Answers the named requests, whose params were checked; throws what went wrong. */
export type Handlers<Names extends MainRequestName> = {
  readonly [Name in Names]: (
    params: z.output<(typeof REQUESTS)[Name]['params']>,
    context: MainContext,
  ) => Promise<z.input<(typeof REQUESTS)[Name]['result']>>;
};

/** The requests of one topic that the main process answers itself. */
export type Topic<Name extends string> = Extract<MainRequestName, `${Name}.${string}`>;
