import type { HandlersOf, TopicOf } from './handler.ts';

export const datasetsHandlers: HandlersOf<TopicOf<'datasets'> | TopicOf<'images'>> = {
  'datasets.list': async (_params, { workbench }) => (await workbench.library()).list(),
  'datasets.add': ({ path, work }, { works, workbench }) =>
    works.do(work, async (watched) => (await workbench.library()).add(path, watched)),
  'datasets.draw': ({ work }, { works, workbench }) =>
    works.do(work, async (watched) => (await workbench.library()).draw(watched)),
  'datasets.show': async ({ dataset }, { workbench }) => (await workbench.library()).show(dataset),
  'datasets.refresh': ({ dataset, work }, { works, workbench }) =>
    works.do(work, async (watched) => (await workbench.library()).refresh(dataset, watched)),
  'datasets.find': async ({ dataset, images }, { workbench }) => (await workbench.library()).find(dataset, images),
  'datasets.move': async ({ dataset, path, work }, context) => {
    const { works, workbench, book, emit } = context;
    const { detail, runs } = await works.do(work, async (watched) =>
      (await workbench.library()).move(dataset, path, watched),
    );
    for (const run of runs) emit({ type: 'run.changed', row: book.row(run) });
    return detail;
  },
  'datasets.images': async ({ dataset, ...page }, { workbench }) => (await workbench.library()).images(dataset, page),
  'datasets.forget': async ({ dataset }, { workbench }) => {
    (await workbench.library()).forget(dataset);
    return {};
  },
  'images.thumbnail': async ({ dataset, image, size }, { workbench }) => ({
    bytes: await (await workbench.library()).thumbnail(dataset, image, size),
    type: 'image/jpeg',
  }),
};
