import { Worker } from 'node:worker_threads';
// On Linux with glibc, sharp's library must be loaded by the main thread before any worker loads it.
import '../../data/index.ts';
import type { RunListener } from '../../../../shared/run/events.ts';
import { fromFailure, type TaskReply, type TaskRequest, type Tasks } from './task.ts';

interface Waiting {
  readonly listener: RunListener;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** A thread with a compute back end of its own, so that its work neither waits for training nor disturbs it. */
export class TaskThread<Known extends Tasks> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #end: Error | null = null;

  /** @param script which calls `answerTasks` with tasks of the type `Known` */
  constructor(script: URL, name: string) {
    this.#worker = new Worker(script, {
      name,
      execArgv: [], // What the process was started with may not be allowed in a thread.
    });
    this.#worker.on('message', (reply: TaskReply) => this.#receive(reply));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error(`the thread "${name}" has ended`)));
    this.#worker.unref();
  }

  /** Whether it can do nothing any more. */
  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /**
   * Does a task in the thread.
   *
   * @throws what the task throws; the signal's reason once it is aborted and the task has ended
   */
  async ask<Name extends keyof Known & string>(
    name: Name,
    params: Parameters<Known[Name]>[0],
    { listener = () => undefined, signal }: { listener?: RunListener; signal?: AbortSignal } = {},
  ): Promise<Awaited<ReturnType<Known[Name]>>> {
    signal?.throwIfAborted();
    if (this.#end) throw this.#end;
    const id = this.#asked++;
    const abort = () => this.#send({ abort: id });
    signal?.addEventListener('abort', abort);
    this.#worker.ref();
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        this.#waiting.set(id, { listener, resolve, reject });
        this.#send({ id, name, params });
      });
      return result as Awaited<ReturnType<Known[Name]>>; // The script has tasks of this type.
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(request: TaskRequest): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: TaskReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ('event' in reply) waiting.listener(reply.event);
    else if ('failure' in reply) waiting.reject(fromFailure(reply.failure));
    else waiting.resolve(reply.result);
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
