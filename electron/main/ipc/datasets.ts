import type { Handlers, Topic } from './context.ts';
import { expectAnswer } from './expect-answer.ts';

export const datasetHandlers: Handlers<Topic<'datasets'>> = {
  async 'datasets.pick'({ kind, work }, { desktop, host, recent }) {
    const path = await desktop.pick(
      kind === 'folder'
        ? { title: 'Choose a dataset folder (one folder of images per class)', kind }
        : {
            title: 'Choose a dataset .zip (one folder of images per class)',
            kind: 'file',
            filters: [{ name: 'Archives', extensions: ['zip'] }],
          },
    );
    if (path === null) return null;
    const dataset = await expectAnswer(host.ask('datasets.add', { path, work }));
    await recent.add(path);
    return dataset;
  },
};
