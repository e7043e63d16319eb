import { doctor } from '../../engine/index.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

export const engineHandlers: HandlersOf<TopicOf<'engine'> | 'doctor.run' | 'work.cancel'> = {
  'engine.status': (_params, { board }) => board.read(),
  'engine.configure': async (settings, context) => {
    context.settings = settings;
    await context.queue.open();
    return {};
  },
  'engine.shutDown': async (_params, { works, queue, book, phones }) => {
    works.cancelAll();
    await phones.close();
    await queue.close();
    await book.purge(0);
    return {};
  },
  // The store is open, so that it is not damaged.
  'engine.repairStore': (_params, { book }) => ({ setAside: null, ...book.restoreLost() }),
  'doctor.run': ({ work }, { home, settings, works }) =>
    works.do(work, (options) => doctor({ home, threads: settings.threads, ...options })),
  'work.cancel': ({ work }, { works }) => {
    works.cancel(work);
    return {};
  },
};
