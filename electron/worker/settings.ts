import type { EngineParams } from '../../shared/ipc/engine-messages.ts';

/** What the engine computes with, unless a recipe or request says otherwise. */
export type EngineSettings = EngineParams<'engine.configure'>;
