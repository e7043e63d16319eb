import type { MessagePort } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { DecantError } from '../core/errors.ts';
import type { OpenedExport } from './exporter.ts';

/** What a thread with a runtime is asked, one thing at a time. */
type Request =
  | { what: 'load'; bytes: Uint8Array }
  | { what: 'run'; pixels: Uint8Array; size: number }
  | { what: 'time'; pixels: Uint8Array; runs: number; warmUp: number; limitMs: number };

type Reply = LoadedFile | { logits: Float32Array } | { times: number[] } | { problem: string };

export interface LoadedFile {
  /** Of the input. */
  readonly shape: number[];
  /** What the runtime computes with: device or kernels, threads. */
  readonly device: string;
}

/** A runtime at work in its thread. */
export interface ThreadedRuntime {
  /** Frees what was loaded before. */
  load(bytes: Uint8Array): Promise<LoadedFile>;
  /** Logits `[size, classes]` of `[size, height, width, 3]` bytes. */
  run(pixels: Uint8Array, size: number): Promise<Float32Array>;
}

/** In the thread: answers what `openInThread` asks. */
export function answerRequests(port: MessagePort, runtime: ThreadedRuntime): void {
  const answer = async (request: Request): Promise<Reply> => {
    switch (request.what) {
      case 'load':
        return await runtime.load(request.bytes);
      case 'run':
        return { logits: await runtime.run(request.pixels, request.size) };
      case 'time':
        return { times: await timeRuns(() => runtime.run(request.pixels, 1), request) };
      default:
        return request satisfies never;
    }
  };
  port.on('message', (request: Request) => {
    answer(request).then(
      (reply) => port.postMessage(reply),
      (error: unknown) => port.postMessage({ problem: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** Milliseconds of each of many runs, after some that are not timed; fewer where they take longer than the limit. */
export async function timeRuns(
  run: () => Promise<unknown>,
  { runs, warmUp, limitMs }: { runs: number; warmUp: number; limitMs: number },
): Promise<number[]> {
  const times: number[] = [];
  const begun = performance.now();
  for (let round = -warmUp; round < runs; round++) {
    const start = performance.now();
    await run();
    const end = performance.now();
    if (round >= 0) times.push(end - start);
    else if (end - begun > limitMs / 10) round = -1; // Warm enough.
    if (end - begun > limitMs && times.length > 0) break;
  }
  return times;
}

/** A thread that has no file at present, by what it was started with: starting a runtime takes longer than a small file. */
const idle = new Map<string, IdleThread>();
const LONGEST_IDLE_MS = 5000;
/** After as many files a thread ends, whatever its runtime may have kept of them. */
const MOST_FILES = 50;

interface RuntimeThread {
  readonly worker: Worker;
  readonly files: number;
}

interface IdleThread extends RuntimeThread {
  /** A thread that ends or fails meanwhile is not taken again. */
  readonly onEnd: () => void;
  readonly timer: NodeJS.Timeout;
}

function takeThread(key: string, start: () => Worker): RuntimeThread {
  const found = forget(key);
  if (found === undefined) return { worker: start(), files: 0 };
  found.worker.off('exit', found.onEnd).off('error', found.onEnd).ref();
  return found;
}

function forget(key: string): IdleThread | undefined {
  const found = idle.get(key);
  clearTimeout(found?.timer);
  idle.delete(key);
  return found;
}

/** Keeps a thread for a while, for the next file; it does not keep the process alive. */
async function giveBack(key: string, { worker, files }: RuntimeThread): Promise<void> {
  if (idle.has(key) || files >= MOST_FILES) {
    await worker.terminate();
    return;
  }
  const onEnd = () => void forget(key);
  const timer = setTimeout(() => void forget(key)?.worker.terminate(), LONGEST_IDLE_MS).unref();
  worker.on('exit', onEnd).on('error', onEnd).unref();
  idle.set(key, { worker, files, onEnd, timer });
}

/**
 * Loads a file in a runtime that works in a thread of its own.
 *
 * @param script of the thread, which calls `answerRequests`
 * @param name of the runtime, for messages
 * @param version of the runtime
 * @throws DecantError `model.unreadable`
 */
export async function openInThread(options: {
  script: URL;
  name: string;
  version: string;
  bytes: Uint8Array;
  settings?: unknown;
}): Promise<OpenedExport> {
  const { script, name, version, bytes, settings } = options;
  const key = JSON.stringify([script.href, settings]);
  const { worker, files } = takeThread(
    key,
    () =>
      new Worker(script, {
        name,
        workerData: settings,
        execArgv: [],
        // Runtimes tell all that they do; nobody is to read it.
        stdout: true,
        stderr: true,
      }),
  );
  /** Requests that are at work or have failed: nothing more is asked of such a thread. */
  let unsettled = 0;
  let closed = false;
  const unreadable = (reason: string) =>
    new DecantError(
      'model.unreadable',
      `${name} cannot run this file of ${bytes.length} bytes (${reason.replace(/[.\s]+$/, '')}); export the network again.`,
      { sizeBytes: bytes.length },
    );
  const request = async (message: Request): Promise<Exclude<Reply, { problem: string }>> => {
    unsettled++;
    const reply = await ask(worker, message).catch((error: unknown) => ({ problem: String(error) }));
    if ('problem' in reply) throw unreadable(reply.problem);
    unsettled--;
    return reply;
  };
  try {
    const loaded = await request({ what: 'load', bytes });
    const { shape, device } = 'shape' in loaded ? loaded : { shape: [], device: '' };
    if (shape.length !== 4 || shape[3] !== 3) throw unreadable(`it takes [${shape.join(', ')}], not RGB images`);
    return {
      runtime: `${name} ${version}, ${device}`,
      async run(pixels, size) {
        const reply = await request({ what: 'run', pixels, size });
        return 'logits' in reply ? reply.logits : new Float32Array();
      },
      async time(pixels, limits) {
        const reply = await request({ what: 'time', pixels, ...limits });
        return 'times' in reply ? reply.times : [];
      },
      async close() {
        if (closed) return;
        closed = true;
        if (unsettled > 0) await worker.terminate();
        else await giveBack(key, { worker, files: files + 1 });
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function ask(worker: Worker, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (reply: Reply) => settle(() => resolve(reply));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error('its thread has ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(request);
  });
}

/** Of an installed package. */
export function versionOf(description: unknown): string {
  return typeof description === 'object' && description && 'version' in description
    ? String(description.version)
    : 'unknown';
}
