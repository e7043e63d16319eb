/** A thread or process with tasks of every kind. See task-client.test.ts. */
import { setTimeout as wait } from 'node:timers/promises';
import { DecantError } from '../../../../electron/engine/core/errors.ts';
import { answerTasks } from '../../../../electron/engine/core/tasks/answer-tasks.ts';
import { Moved, type Task } from '../../../../electron/engine/core/tasks/task.ts';

export type SomeTasks = {
  readonly add: Task<{ a: number; b: number }, number>;
  readonly count: Task<{ to: number }, string, number>;
  readonly fill: Task<{ memory: Uint8Array<ArrayBuffer>; value: number }, Uint8Array<ArrayBuffer>>;
  readonly refuse: Task<{ path: string }, void>;
  readonly fail: Task<void, void>;
  /** Ends when it is aborted: with the signal's reason, or with an error of its own. */
  readonly wait: Task<{ own: boolean }, void>;
  readonly exit: Task<{ status: number }, void>;
  readonly unclonable: Task<void, unknown>;
  /** Asks for more than there is. */
  readonly exhaust: Task<{ what: 'buffers' | 'objects' }, void>;
};

const tasks: SomeTasks = {
  add: ({ a, b }) => a + b,
  async count({ to }, { listener }) {
    for (let i = 1; i <= to; i++) await listener(i);
    return `counted to ${to}`;
  },
  fill: ({ memory, value }) => new Moved(memory.fill(value), [memory.buffer]),
  refuse({ path }) {
    throw new DecantError('output.unwritable', `${path} cannot be written.`, { path, secret: () => 1 });
  },
  fail() {
    throw new RangeError('nobody foresaw this');
  },
  async wait({ own }, { signal }) {
    await wait(60_000, undefined, { signal }).catch(() => undefined);
    if (own) throw new DecantError('disk.full', 'The disk is full.');
    signal.throwIfAborted();
  },
  exit: ({ status }) => process.exit(status),
  unclonable: () => () => 1,
  exhaust({ what }) {
    if (what === 'buffers') new ArrayBuffer(2 ** 47);
    const held: object[] = [];
    for (;;) held.push({ held: [held.length] });
  },
};

answerTasks(tasks);
