import { fork } from 'node:child_process';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { fromFailure } from './failure.ts';
import type { EventOf, ParamsOf, ResultOf, TaskReply, TaskRequest, Tasks } from './task.ts';

export interface PlaceOptions {
  /** For messages. */
  readonly name: string;
  /** Takes what is written to stderr, and hides stdout; without it both are this process's. */
  readonly onComplaint?: ((text: string) => void) | undefined;
}

export interface ThreadOptions extends PlaceOptions {
  /** `workerData` of the thread. */
  readonly data?: unknown;
  readonly limits?: ResourceLimits;
}

/** A thread or process where tasks are done. */
interface Place {
  send(request: TaskRequest, buffers: readonly ArrayBuffer[]): void;
  onReply(receive: (reply: TaskReply) => void): void;
  /** Called with how it ended: `failed: …`, `ended with status 1`. */
  onEnd(receive: (how: string, cause?: Error) => void): void;
  /** Whether it keeps this process alive. */
  keepAlive(keeps: boolean): void;
  kill(): void;
}

/** A thread or process ended without an answer. */
export class PlaceEnded extends Error {
  override readonly name = 'PlaceEnded';
  /** What can be said of it: `failed: …`, `ended with status 1`. */
  readonly how: string;

  constructor(place: string, how: string, cause?: Error) {
    super(`${place} ${how}`, { cause });
    this.how = how;
  }
}

interface Waiting {
  readonly listener: (event: unknown) => void;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Asks a thread or process of its own to do tasks. It keeps this process alive only while a task is not answered. */
export class TaskClient<Known extends Tasks> {
  /** Resolves when the thread or process is no more. */
  readonly ended: Promise<PlaceEnded>;
  readonly #place: Place;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #end: PlaceEnded | null = null;

  /** Use `openThread` or `openProcess`. */
  constructor(place: Place, name: string) {
    this.#place = place;
    place.onReply((reply) => this.#receive(reply));
    this.ended = new Promise((resolve) => {
      place.onEnd((how, cause) => {
        if (this.#end) return;
        this.#end = new PlaceEnded(name, how, cause);
        for (const { reject } of this.#waiting.values()) reject(this.#end);
        resolve(this.#end);
      });
    });
    place.keepAlive(false);
  }

  /** Whether it can do nothing any more. */
  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /**
   * Has a task done.
   *
   * @param options `move`: memory of the params that goes over instead of being copied, in a thread
   * @throws what the task throws; the signal's reason when the task ended because of it; PlaceEnded
   */
  async ask<Name extends keyof Known & string>(
    name: Name,
    params: ParamsOf<Known[Name]>,
    {
      listener = () => undefined,
      signal,
      move = [],
    }: {
      listener?: (event: EventOf<Known[Name]>) => void;
      signal?: AbortSignal | undefined;
      move?: readonly ArrayBuffer[];
    } = {},
  ): Promise<ResultOf<Known[Name]>> {
    signal?.throwIfAborted();
    if (this.#end) throw this.#end;
    const id = this.#asked++;
    const abort = () => this.#place.send({ abort: id }, []);
    signal?.addEventListener('abort', abort);
    this.#place.keepAlive(true);
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        const hear = listener as Waiting['listener']; // The script's task tells events of this type.
        this.#waiting.set(id, { listener: hear, resolve, reject });
        this.#place.send({ id, name, params }, move);
      });
      return result as ResultOf<Known[Name]>; // The script has tasks of this type.
    } catch (error) {
      throw error === ABORTED ? signal?.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#place.keepAlive(false);
    }
  }

  /** Ends it at once. */
  async close(): Promise<void> {
    this.#place.kill();
    await this.ended;
  }

  /** Lets it end by itself, which it does once it has nothing more to do. */
  async dismiss(): Promise<void> {
    if (!this.#end) this.#place.send({ end: true }, []);
    await this.ended;
  }

  #receive(reply: TaskReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ('event' in reply) waiting.listener(reply.event);
    else if ('failure' in reply) waiting.reject(fromFailure(reply.failure));
    else if ('aborted' in reply) waiting.reject(ABORTED);
    else waiting.resolve(reply.result);
  }
}

const ABORTED = Symbol('aborted');

/** Starts a thread. @param script which calls `answerTasks` with tasks of the type `Known` */
export function openThread<Known extends Tasks>(
  script: URL,
  { name, data, limits, onComplaint }: ThreadOptions,
): TaskClient<Known> {
  const worker = new Worker(script, {
    name,
    workerData: data,
    ...(limits && { resourceLimits: limits }),
    execArgv: [], // What the process was started with may not be allowed in a thread.
    stdout: onComplaint !== undefined,
    stderr: onComplaint !== undefined,
  });
  if (onComplaint) worker.stderr.setEncoding('utf8').on('data', onComplaint);
  let end: { how: string; cause?: Error } | null = null;
  const place: Place = {
    send: (request, buffers) => worker.postMessage(request, buffers),
    onReply: (receive) => worker.on('message', receive),
    onEnd: (receive) => {
      worker.once('error', (cause: Error) => {
        end = { how: `failed: ${cause.message.replace(/[.]$/, '')}`, cause };
      });
      worker.once('exit', (status) => receive(end?.how ?? `ended with status ${status}`, end?.cause));
    },
    keepAlive: (keeps) => (keeps ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
  return new TaskClient(place, `the thread "${name}"`);
}

/** Starts a process, so a crash affects only that process. @param script which calls `answerTasks` with tasks of the type `Known` */
export function openProcess<Known extends Tasks>(script: URL, { name, onComplaint }: PlaceOptions): TaskClient<Known> {
  const stderr = onComplaint ? 'pipe' : 'inherit';
  const child = fork(script, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', stderr, 'ipc'] });
  if (onComplaint) child.stderr?.setEncoding('utf8').on('data', onComplaint);
  const place: Place = {
    // Of one that has ended `onEnd` tells.
    send: (request) => void child.send(request, () => undefined),
    onReply: (receive) => child.on('message', (reply) => receive(reply as TaskReply)), // The script's answerTasks sent it.
    onEnd: (receive) => {
      child.once('error', (cause) => receive(`does not start: ${cause.message}`, cause));
      child.once('close', (status, signal) =>
        receive(signal === null ? `ended with status ${status}` : `was ended by ${signal}`),
      );
    },
    keepAlive: (keeps) => {
      for (const part of [child, child.channel]) keeps ? part?.ref() : part?.unref();
    },
    kill: () => void child.kill('SIGKILL'),
  };
  return new TaskClient(place, `the process "${name}"`);
}
