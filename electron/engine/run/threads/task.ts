import type { MessagePort } from 'node:worker_threads';
import type { RunEvent, RunListener } from '../../../../shared/run/events.ts';
import { DecantError, type ErrorCode } from '../../core/errors.ts';

/** What a task is given in its thread. */
export interface TaskOptions {
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

/** Work that a thread does on request, by name. Params and results pass between threads as structured clones. */
export type Task<Params, Result> = (params: Params, options: TaskOptions) => Promise<Result>;
export type Tasks = Readonly<Record<string, Task<never, unknown>>>;

/** What passes to a thread. */
export type TaskRequest =
  | { readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly abort: number };

/** What passes back. */
export type TaskReply =
  | { readonly id: number; readonly event: RunEvent }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: TaskFailure };

/** An error as data. */
export interface TaskFailure {
  /** Null for one that nobody foresaw. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

/** In the thread: does the tasks that are asked for. */
export function answerTasks(port: MessagePort, tasks: Tasks): void {
  const running = new Map<number, AbortController>();
  const send = (reply: TaskReply) => port.postMessage(reply);
  port.on('message', async (request: TaskRequest) => {
    if ('abort' in request) return running.get(request.abort)?.abort();
    const { id, name, params } = request;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const listener: RunListener = (event) => send({ id, event });
      const task = tasks[name] as Task<unknown, unknown>; // Whoever asks knows the tasks and their params.
      send({ id, result: await task(params, { listener, signal: controller.signal }) });
    } catch (error) {
      send({ id, failure: toFailure(error) });
    } finally {
      running.delete(id);
    }
  });
}

function toFailure(error: unknown): TaskFailure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof DecantError)) return { code: null, message, details: {}, stack };
  // Whatever else an error holds need not pass between threads.
  const details = JSON.parse(JSON.stringify(error.details)) as Record<string, unknown>; // An object stays one.
  return { code: error.code, message, details, stack };
}

/** The error that a thread told of. */
export function fromFailure({ code, message, details, stack }: TaskFailure): Error {
  const error = code === null ? new Error(message) : new DecantError(code, message, { ...details });
  if (stack !== undefined) error.stack = stack;
  return error;
}
