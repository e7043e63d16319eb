import { z } from 'zod';
import { ENGINE_REQUESTS, REQUESTS } from './contract.ts';
import { appEventSchema } from './events.ts';
import { count, failureSchema } from './message.ts';

/**
 * What passes between main process and engine process, as structured clones (`parentPort.postMessage`, or `process.send`
 * with `serialization: 'advanced'`). The engine is started as `electron/worker/index.ts --home DIR` (else `DECANT_HOME`,
 * else the platform's folder), answers requests in any order, and cancels work by the request `work.cancel`. An engine
 * whose store cannot be opened stays up: its state is `failed`, and every request is answered by that failure. What was cut off, and what waits, goes on once
 * `engine.configure` has said what with: the main process asks that first. Once it
 * was asked to shut down, has answered, and its channel is closed, it ends.
 */
export const engineQuestionSchema = z.strictObject({ id: count, name: z.string(), params: z.unknown() });
export type EngineQuestion = z.infer<typeof engineQuestionSchema>;

/** What the engine says: the answer to a question, or an event. */
export const engineMessageSchema = z.union([
  z.strictObject({ id: count, ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ id: count, ok: z.literal(false), failure: failureSchema }),
  z.strictObject({ event: appEventSchema }),
]);
export type EngineMessage = z.infer<typeof engineMessageSchema>;

/** The window's requests that the main process answers itself: dialogs, settings, file manager, life of the engine. */
const MAIN_REQUESTS = [
  'app.describe',
  'engine.restart',
  'settings.read',
  'settings.change',
  'settings.pickEngineNode',
  'settings.pickHome',
  'settings.openHome',
  'recipes.pickWeights',
  'recipes.open',
  'recipes.save',
  'text.copy',
  'datasets.pick',
  'datasets.locate',
  'exports.save',
  'exports.saveAll',
  'exports.openFolder',
  'exports.showInFolder',
  'exports.openUsePage',
  'exports.saveReport',
  'exports.openReport',
  'runs.openFolder',
] as const satisfies readonly (keyof typeof REQUESTS)[];
export type MainRequestName = (typeof MAIN_REQUESTS)[number];

type PassedOn = Omit<typeof REQUESTS, MainRequestName>;

function omitMainRequests(): PassedOn {
  const mine: ReadonlySet<string> = new Set(MAIN_REQUESTS);
  // Safe: exactly the names of MAIN_REQUESTS are left out.
  return Object.fromEntries(Object.entries(REQUESTS).filter(([name]) => !mine.has(name))) as PassedOn;
}

/** Everything that the engine process answers, with the schemas of params and result. */
export const ENGINE_CONTRACT = { ...omitMainRequests(), ...ENGINE_REQUESTS };
export type EngineAnswerName = keyof typeof ENGINE_CONTRACT;
export type EngineParams<Name extends EngineAnswerName> = z.output<(typeof ENGINE_CONTRACT)[Name]['params']>;
export type EngineResult<Name extends EngineAnswerName> = z.input<(typeof ENGINE_CONTRACT)[Name]['result']>;
