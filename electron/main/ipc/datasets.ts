import type { Desktop } from '../desktop.ts';
import type { Handlers, Topic } from './context.ts';
import { expectAnswer } from './expect-answer.ts';

export const datasetHandlers: Handlers<Topic<'datasets'>> = {
  async 'datasets.pick'({ kind, work }, { desktop, host, recent }) {
    const path = await pickDataset(kind, 'Choose a dataset', desktop);
    if (path === null) return null;
    const dataset = await expectAnswer(host.ask('datasets.add', { path, work }));
    await recent.add(path);
    return dataset;
  },

  async 'datasets.locate'({ dataset, kind, work }, { desktop, host, recent }) {
    const path = await pickDataset(kind, 'Choose where the dataset is now', desktop);
    if (path === null) return null;
    const moved = await expectAnswer(host.ask('datasets.move', { dataset, path, work }));
    await recent.add(path);
    return moved;
  },
};

function pickDataset(kind: 'folder' | 'zip', title: string, desktop: Pick<Desktop, 'pick'>): Promise<string | null> {
  if (kind === 'folder')
    return desktop.pick({ title: `${title} (a folder with one folder of images per class)`, kind });
  return desktop.pick({
    title: `${title} (a .zip with one folder of images per class)`,
    kind: 'file',
    filters: [{ name: 'Archives', extensions: ['zip'] }],
  });
}
