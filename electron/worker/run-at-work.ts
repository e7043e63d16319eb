import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunId } from '../engine/index.ts';
import type { RunEnd, RunOrder, RunThreadData, RunThreadMessage } from './run-thread-messages.ts';

/** A run that a thread of this process computes. */
export class RunAtWork {
  readonly run: RunId;
  /** How it ended; never rejects. */
  readonly ended: Promise<RunEnd>;
  paused = false;
  readonly #thread: Worker;

  constructor(data: RunThreadData, listener: (event: RunEvent) => void) {
    this.run = data.run;
    this.#thread = new Worker(new URL(`./run-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: data,
      name: 'run',
      execArgv: [],
    });
    this.ended = new Promise((resolve) => {
      let end: RunEnd | null = null;
      this.#thread.on('message', (message: RunThreadMessage) => {
        if ('event' in message) listener(message.event);
        else end = message.end;
      });
      this.#thread.on('error', (error) => {
        const message = `The thread that computed the run ended: ${error.message}. Resume it to go on from its last checkpoint.`;
        end ??= { state: 'failed', failure: { code: 'internal', message } };
      });
      this.#thread.on('exit', (code) => {
        const message = `The thread that computed the run ended with status ${code}; resume it to go on from its last checkpoint.`;
        resolve(end ?? { state: 'failed', failure: { code: 'internal', message } });
      });
    });
  }

  order(order: RunOrder): void {
    this.#thread.postMessage(order);
  }
}
