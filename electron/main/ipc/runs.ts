import type { Handlers, Topic } from './context.ts';
import { expectAnswer } from './expect-answer.ts';

export const runHandlers: Handlers<Topic<'runs'>> = {
  async 'runs.openFolder'({ run }, { desktop, host }) {
    const { detail } = await expectAnswer(host.ask('runs.show', { run }));
    await desktop.open(detail.folder);
    return {};
  },
};
