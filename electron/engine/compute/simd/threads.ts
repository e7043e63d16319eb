import { Worker } from 'node:worker_threads';
import { siblingModule } from '../../core/sibling-module.ts';

export interface Threads {
  /** Resolves when all workers have ended; they must have been told to. */
  ended(): Promise<void>;
}

/** Starts `count - 1` workers over the memory. They do not keep the process alive. */
export function startThreads(module: WebAssembly.Module, memory: WebAssembly.Memory, count: number): Threads {
  const workers: Worker[] = [];
  for (let index = 1; index < count; index++) {
    const worker = new Worker(siblingModule(import.meta.url, './worker'), {
      workerData: { module, memory, index, threads: count },
      // Flags of the parent (a test runner's loaders) are not for a thread that only computes.
      execArgv: [],
    });
    worker.unref();
    workers.push(worker);
  }
  return {
    async ended() {
      await Promise.all(
        workers.map((worker) => {
          worker.ref(); // Now the process has to wait for them.
          return new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        }),
      );
    },
  };
}
