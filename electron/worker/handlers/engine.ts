import { doctor } from '../../engine/index.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

export const engineHandlers: HandlersOf<TopicOf<'engine'> | 'doctor.run' | 'work.cancel'> = {
  'engine.status': () => ({
    state: 'ready',
    message: null,
    backend: null,
    device: null,
    threads: null,
    imagesPerSecond: null,
    memoryBytes: process.memoryUsage.rss(),
    activeRun: null,
    progress: null,
    remainingMs: null,
    waiting: 0,
  }),
  'engine.configure': (settings, context) => {
    context.settings = settings;
    return {};
  },
  'engine.shutDown': (_params, { works }) => {
    works.cancelAll();
    return {};
  },
  'doctor.run': ({ work }, { home, settings, works }) =>
    works.do(work, (options) => doctor({ home, threads: settings.threads, ...options })),
  'work.cancel': ({ work }, { works }) => {
    works.cancel(work);
    return {};
  },
};
