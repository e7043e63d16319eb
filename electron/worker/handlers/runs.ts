import { runQuerySchema } from '../../../shared/ipc/topics/runs.ts';
import { DecantError } from '../../engine/index.ts';
import type { WorkerContext } from '../context.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

/** Deleted runs can be restored for so long. */
const RESTORABLE_MS = 60_000;

export const runHandlers: HandlersOf<TopicOf<'runs'>> = {
  'runs.list': (query, { book }) => book.list(query),
  'runs.tags': (_params, { book }) => book.tags(),
  'runs.show': ({ run }, { book }) => book.show(run),
  'runs.history': ({ run }, { book }) => book.history(run),
  'runs.plan': async ({ dataset, recipe }, { workbench, settings: { backend, threads } }) =>
    (await workbench.planner()).plan(dataset, recipe, { backend, threads }),
  'runs.measure': async ({ dataset, recipe }, { workbench, queue, settings }) => {
    if (queue.active && !queue.active.paused)
      throw new DecantError(
        'run.busy',
        'A run is active and would distort the timing; wait for it to finish, or pause it.',
      );
    const { backend, threads } = settings;
    await (await workbench.planner()).measure(dataset, { recipe, backend, threads });
    return {};
  },
  'runs.start': async (run, { workbench, queue }) => queue.add(await (await workbench.planner()).queue(run)),
  'runs.resume': ({ run }, { queue }) => queue.resume(run),
  'runs.pause': ({ run }, { queue }) => queue.pause(run),
  'runs.stop': ({ run }, { queue }) => queue.stop(run),
  'runs.finishEarly': ({ run }, { queue }) => queue.finishEarly(run),
  'runs.move': ({ run, position }, { queue }) => {
    queue.move(run, position);
    return {};
  },
  'runs.annotate': ({ run, ...annotation }, { book, emit }) => {
    book.annotate(run, annotation);
    const row = book.row(run);
    emit({ type: 'run.changed', row });
    return row;
  },
  'runs.delete': ({ runs }, context) => {
    const { book, emit, board } = context;
    book.hide(runs);
    for (const run of runs) emit({ type: 'run.removed', run });
    board.change();
    purgeLater(context);
    return {};
  },
  'runs.restore': ({ runs }, { book, emit }) => {
    book.restore(runs);
    for (const run of runs) emit({ type: 'run.changed', row: book.row(run) });
    return {};
  },
  'runs.openSample': ({ work }, { works, workbench, book, emit, board }) =>
    works.do(work, async (watched) => {
      const row = book.row(await (await workbench.library()).openSampleRun(watched));
      emit({ type: 'run.changed', row });
      board.change();
      return row;
    }),
  'runs.countLost': (_params, { book }) => ({ runs: book.countLost() }),
  'runs.restoreLost': (_params, { book, emit, board }) => {
    const recovery = book.restoreLost();
    const { rows } = book.list(runQuerySchema.parse({ limit: 500 }));
    for (const row of rows) if (recovery.restored.some(({ run }) => run === row.id)) emit({ type: 'run.changed', row });
    board.change();
    return recovery;
  },
};

function purgeLater({ book }: WorkerContext): void {
  // A purge that fails is made up for at the next start.
  setTimeout(() => void book.purge(RESTORABLE_MS).catch(() => undefined), RESTORABLE_MS + 1000).unref();
}
