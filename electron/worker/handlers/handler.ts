import type { EngineAnswerName, EngineParams, EngineResult } from '../../../shared/ipc/engine-messages.ts';
import type { WorkerContext } from '../context.ts';

/** Answers one request: params are as their schema gives them, the result is checked before it leaves. */
export type Handler<Name extends EngineAnswerName> = (
  params: EngineParams<Name>,
  context: WorkerContext,
) => EngineResult<Name> | Promise<EngineResult<Name>>;

/** One handler for every request of some names. */
export type HandlersOf<Name extends EngineAnswerName> = { readonly [Key in Name]: Handler<Key> };

/** The requests of a topic: those that begin with its name and a full stop. */
export type TopicOf<Prefix extends string> = Extract<EngineAnswerName, `${Prefix}.${string}`>;
