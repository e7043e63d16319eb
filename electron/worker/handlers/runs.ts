import type { WorkerContext } from '../context.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

/** Deleted runs can be restored for so long. */
const RESTORABLE_MS = 60_000;

export const runHandlers: HandlersOf<Exclude<TopicOf<'runs'>, 'runs.plan' | 'runs.estimate'>> = {
  'runs.list': (query, { book }) => book.list(query),
  'runs.tags': (_params, { book }) => book.tags(),
  'runs.show': ({ run }, { book }) => book.show(run),
  'runs.history': ({ run }, { book }) => book.history(run),
  'runs.start': async ({ dataset, recipe, name }, { book, queue }) => {
    const run = await book.queueNew({ dataset, recipe, name, signal: new AbortController().signal });
    return queue.add(run);
  },
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
};

function purgeLater({ book }: WorkerContext): void {
  // A purge that fails is made up for at the next start.
  setTimeout(() => void book.purge(RESTORABLE_MS).catch(() => undefined), RESTORABLE_MS + 1000).unref();
}
