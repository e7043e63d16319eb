import type { EngineAnswerName } from '../../../shared/ipc/engine-messages.ts';
import { classifyHandlers } from './classify.ts';
import { compareHandlers } from './compare.ts';
import { datasetsHandlers } from './datasets.ts';
import { engineHandlers } from './engine.ts';
import { exportsHandlers } from './exports.ts';
import type { HandlersOf } from './handler.ts';
import { latencyHandlers } from './latency.ts';
import { phoneHandlers } from './phone.ts';
import { runHandlers } from './runs.ts';
import { weightsHandlers } from './weights.ts';

/**
 * Every request that the engine answers, with its handler. A topic is one file, `handlers/<topic>.ts`, that exports
 * `<topic>Handlers: HandlersOf<TopicOf<'<topic>'>>`, and one line here.
 */
export const HANDLERS = {
  ...engineHandlers,
  ...runHandlers,
  ...weightsHandlers,
  ...datasetsHandlers,
  ...compareHandlers,
  ...classifyHandlers,
  ...exportsHandlers,
  ...latencyHandlers,
  ...phoneHandlers,
} satisfies HandlersOf<EngineAnswerName>;
