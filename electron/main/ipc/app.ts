import { availableParallelism } from 'node:os';
import type { Handlers, Topic } from './context.ts';

export const appHandlers: Handlers<Topic<'app' | 'engine' | 'text'>> = {
  async 'app.describe'(_, { desktop, home }) {
    return {
      ...desktop.describe(),
      platform: `${process.platform} ${process.arch}`,
      home,
      cores: availableParallelism(),
    };
  },
  async 'engine.restart'(_, { host }) {
    await host.restart();
    return {};
  },
  async 'text.copy'({ text }, { desktop }) {
    desktop.copy(text);
    return {};
  },
};
