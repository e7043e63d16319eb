/** The engine's process for the desktop app: questions in, engine calls, answers and events out. */
import { parseArgs } from 'node:util';
import type { EngineAnswerName } from '../../shared/ipc/engine-messages.ts';
import { openRunBook, openWorkbench, repairStore, resolveHome } from '../engine/index.ts';
import { type Answerer, answerQuestion } from './answer-question.ts';
import { openChannel } from './channel.ts';
import type { WorkerContext } from './context.ts';
import { describeFailure } from './describe-failure.ts';
import { HANDLERS } from './handlers/index.ts';
import { PhoneDesk } from './phone-desk.ts';
import { RunQueue } from './run-queue.ts';
import { StatusBoard } from './status-board.ts';
import { Works } from './works.ts';

const { values } = parseArgs({ options: { home: { type: 'string' } } });
const channel = openChannel();
const answer = await openEngine(resolveHome(values.home));
channel.onMessage(async (message) => {
  const reply = await answerQuestion(message, answer);
  if (reply) channel.send(reply);
});
channel.onClosed(() => process.exit(0));

/** Opens the home's store and what works on it; where that fails, every answer is that failure. */
async function openEngine(home: string): Promise<Answerer> {
  try {
    const emit: WorkerContext['emit'] = (event) => channel.send({ event });
    const book = await openRunBook(home);
    const board = new StatusBoard(emit, () => book.queue().length);
    const context: WorkerContext = {
      home,
      store: book.store,
      workbench: await openWorkbench(book.store),
      book,
      board,
      queue: new RunQueue({ book, board, emit, settings: () => context.settings }),
      settings: { backend: 'auto', threads: null, cacheLimitBytes: null },
      emit,
      phones: new PhoneDesk(emit),
      works: new Works(emit, () => performance.now()),
    };
    return (name, params) => findHandler(name)(params, context);
  } catch (error) {
    const { message } = describeFailure(error);
    return (name) => {
      if (name === 'engine.status') return describeBroken(message);
      if (name === 'engine.shutDown') return {};
      if (name === 'engine.repairStore') return repairStore({ home });
      throw error;
    };
  }
}

type AnyHandler = (params: unknown, context: WorkerContext) => unknown;

function findHandler(name: EngineAnswerName): AnyHandler {
  return HANDLERS[name] as AnyHandler; // The params were checked against the schema of this very name.
}

function describeBroken(message: string) {
  return {
    state: 'failed',
    message,
    backend: null,
    device: null,
    threads: null,
    imagesPerSecond: null,
    memoryBytes: process.memoryUsage.rss(),
    activeRun: null,
    progress: null,
    remainingMs: null,
    waiting: 0,
  };
}
