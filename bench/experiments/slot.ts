import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../shared/run/report.ts';
import type { TrainMessage, TrainTask } from './train-process.ts';
import { findBegun } from './train-run.ts';

const SCRIPT = fileURLToPath(new URL('train-process.ts', import.meta.url));

/** A place for one run at a time, in a process and a home of its own. */
export interface Slot {
  /** Key of the run that was in progress when the slot was last stopped; null: none was. */
  begun(): Promise<string | null>;
  /** @throws Error with the sentence that ended the run */
  train(task: Omit<TrainTask, 'folder' | 'home' | 'threads'>): Promise<Report>;
}

export interface SlotOptions {
  readonly folder: string;
  /** Null: one per core. */
  readonly threads: number | null;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export function openSlot({ folder, threads, signal, tell }: SlotOptions): Slot {
  return {
    begun: () => findBegun(folder),
    train: (task) =>
      new Promise((done, fail) => {
        const child = fork(SCRIPT, { signal, killSignal: 'SIGINT', serialization: 'advanced' });
        let end: (() => void) | null = null;
        child.on('message', (message: TrainMessage) => {
          if ('line' in message) tell(message.line);
          else end = 'report' in message ? () => done(message.report) : () => fail(new Error(message.error));
        });
        // Stopped through the signal: it ends by itself, and says so.
        child.on('error', () => undefined);
        child.on('exit', (code, name) => {
          if (end) end();
          else fail(new Error(`The process of ${task.key} ended by itself (${name ?? `exit status ${code}`}).`));
        });
        child.send({ ...task, folder, home: join(folder, 'home'), threads } satisfies TrainTask);
      }),
  };
}
