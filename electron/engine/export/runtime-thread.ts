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
  const worker = new Worker(script, {
    name,
    workerData: settings,
    execArgv: [],
    // Runtimes tell all that they do; nobody is to read it.
    stdout: true,
    stderr: true,
  });
  const unreadable = (reason: string) =>
    new DecantError(
      'model.unreadable',
      `${name} cannot run this file of ${bytes.length} bytes (${reason.replace(/[.\s]+$/, '')}); export the network again.`,
      { sizeBytes: bytes.length },
    );
  const request = async (message: Request): Promise<Exclude<Reply, { problem: string }>> => {
    const reply = await ask(worker, message).catch((error: unknown) => ({ problem: String(error) }));
    if ('problem' in reply) throw unreadable(reply.problem);
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
        await worker.terminate();
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
