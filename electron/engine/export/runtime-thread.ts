import { DecantError } from '../core/errors.ts';
import { answerTasks } from '../core/tasks/answer-tasks.ts';
import type { Task } from '../core/tasks/task.ts';
import { openThread, type TaskClient } from '../core/tasks/task-client.ts';
import type { OpenedExport, TimingLimits } from './exporter.ts';

/** What a thread with a runtime is asked, one thing at a time. */
type RuntimeTasks = {
  readonly load: Task<Uint8Array, LoadedFile>;
  readonly run: Task<{ pixels: Uint8Array; size: number }, Float32Array>;
  readonly time: Task<{ pixels: Uint8Array; limits: TimingLimits }, number[]>;
};

export interface LoadedFile {
  /** Of the input. */
  readonly shape: number[];
  /** What the runtime computes with: device or kernels, threads. */
  readonly device: string;
}

/** A runtime running in its thread. */
export interface ThreadedRuntime {
  /** Frees what was loaded before. */
  load(bytes: Uint8Array): Promise<LoadedFile>;
  /** Logits `[size, classes]` of `[size, height, width, 3]` bytes. */
  run(pixels: Uint8Array, size: number): Promise<Float32Array>;
}

/** In the thread: does what `openInThread` asks. */
export function answerForRuntime(runtime: ThreadedRuntime): void {
  const tasks: RuntimeTasks = {
    load: (bytes) => runtime.load(bytes),
    run: ({ pixels, size }) => runtime.run(pixels, size),
    time: ({ pixels, limits }) => timeRuns(() => runtime.run(pixels, 1), limits),
  };
  answerTasks(tasks);
}

/** Milliseconds of each of many runs, after some that are not timed; fewer where they take longer than the limit. */
export async function timeRuns(
  run: () => Promise<unknown>,
  { runs, warmUp, limitMs }: TimingLimits,
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
  readonly thread: TaskClient<RuntimeTasks>;
  readonly files: number;
}

interface IdleThread extends RuntimeThread {
  readonly timer: NodeJS.Timeout;
}

function takeThread(key: string, start: () => TaskClient<RuntimeTasks>): RuntimeThread {
  const found = forget(key);
  return found && !found.thread.hasEnded ? found : { thread: start(), files: 0 };
}

function forget(key: string): IdleThread | undefined {
  const found = idle.get(key);
  clearTimeout(found?.timer);
  idle.delete(key);
  return found;
}

/** Keeps a thread for a while, for the next file. */
async function giveBack(key: string, { thread, files }: RuntimeThread): Promise<void> {
  if (idle.has(key) || files >= MOST_FILES) {
    await thread.close();
    return;
  }
  const timer = setTimeout(() => void forget(key)?.thread.close(), LONGEST_IDLE_MS).unref();
  idle.set(key, { thread, files, timer });
}

/**
 * Loads a file in a runtime that works in a thread of its own.
 *
 * @param script of the thread, which calls `answerForRuntime`
 * @param name of the runtime, for messages
 * @param version of the runtime, where it has one of its own
 * @throws DecantError `model.unreadable`
 */
export async function openInThread(options: {
  script: URL;
  name: string;
  version?: string;
  bytes: Uint8Array;
  settings?: unknown;
}): Promise<OpenedExport> {
  const { script, name, version, bytes, settings } = options;
  const key = JSON.stringify([script.href, settings]);
  const { thread, files } = takeThread(key, () =>
    // Runtimes tell all that they do; nobody is to read it.
    openThread(script, { name, data: settings, onComplaint: () => undefined }),
  );
  /** Requests that are at work or have failed: nothing more is asked of such a thread. */
  let unsettled = 0;
  let closed = false;
  /** What a runtime says of a file is no sentence for people: it is kept as the cause, unless it is our own. */
  const unreadable = (reason: string | null, cause?: unknown) =>
    new DecantError(
      'model.unreadable',
      `${name} cannot run this file of ${bytes.length} bytes${reason === null ? '' : ` (${reason})`}; export the network again.`,
      { sizeBytes: bytes.length },
      { cause },
    );
  const ask: typeof thread.ask = async (task, params) => {
    unsettled++;
    const result = await thread.ask(task, params).catch((error: Error) => {
      if (error instanceof DecantError && error.code !== 'model.unreadable') throw error;
      throw unreadable(error instanceof DecantError ? error.message : null, error);
    });
    unsettled--;
    return result;
  };
  try {
    const { shape, device } = await ask('load', bytes);
    if (shape.length !== 4 || shape[3] !== 3) throw unreadable(`it takes [${shape.join(', ')}], not RGB images`);
    return {
      inputSize: [shape[1]!, shape[2]!],
      fresh: files === 0,
      runtime: `${version === undefined ? name : `${name} ${version}`}, ${device}`,
      run: (pixels, size) => ask('run', { pixels, size }),
      time: (pixels, limits) => ask('time', { pixels, limits }),
      async close() {
        if (closed) return;
        closed = true;
        if (unsettled > 0) await thread.close();
        else await giveBack(key, { thread, files: files + 1 });
      },
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/** Of an installed package. */
export function versionOf(description: unknown): string {
  return typeof description === 'object' && description && 'version' in description
    ? String(description.version)
    : 'unknown';
}
