import { parentPort } from 'node:worker_threads';
import { toFailure } from './failure.ts';
import { Moved, type Task, type TaskReply, type TaskRequest, type Tasks } from './task.ts';

/** The way to whoever asks. */
interface Port {
  send(reply: TaskReply, buffers: readonly ArrayBuffer[]): Promise<void>;
  onRequest(receive: (request: TaskRequest) => void): void;
  close(): void;
}

/** In a thread or process that `openThread` or `openProcess` started: does the tasks that it is asked for. */
export function answerTasks(tasks: Tasks): void {
  const port = openPort();
  const running = new Map<number, AbortController>();
  port.onRequest(async (request) => {
    if ('end' in request) return port.close();
    if ('abort' in request) return running.get(request.abort)?.abort();
    const { id, name, params } = request;
    const controller = new AbortController();
    const { signal } = controller;
    running.set(id, controller);
    try {
      const task = tasks[name] as Task<unknown, unknown, unknown>; // Whoever asks knows the tasks and their params.
      const result = await task(params, { listener: (event) => port.send({ id, event }, []), signal });
      const { result: value, buffers } = result instanceof Moved ? result : new Moved(result, []);
      await port.send({ id, result: value }, buffers);
    } catch (error) {
      const aborted = signal.aborted && error === signal.reason;
      await port.send(aborted ? { id, aborted } : { id, failure: toFailure(error) }, []);
    } finally {
      running.delete(id);
    }
  });
}

function openPort(): Port {
  const port = parentPort;
  if (port)
    return {
      send: async (reply, buffers) => port.postMessage(reply, buffers),
      onRequest: (receive) => port.on('message', receive),
      close: () => port.close(),
    };
  return {
    // What is sent just before the process ends would be lost: whoever sends it waits until it is gone.
    send: (reply) => new Promise((resolve) => process.send?.(reply, undefined, undefined, () => resolve())),
    onRequest: (receive) => process.on('message', receive),
    close: () => process.disconnect(),
  };
}
