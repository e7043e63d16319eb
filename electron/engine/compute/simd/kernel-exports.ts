/** What the compiled kernels export (assembly/index.ts). */
export interface KernelExports {
  /** Runs all tasks of an operation on all threads; returns when all are done. */
  dispatch(operation: number, tasks: number): void;
  /** As `dispatch`, but may return before: the workers compute while the caller goes on. */
  post(operation: number, tasks: number): void;
  /** Returns when the job that was posted last is done. */
  finish(): void;
  /** Tells an instance which thread it is. */
  initialize(threadIndex: number, threads: number): void;
  /** Tells the workers to end. */
  stop(): void;
  /** A worker's life; returns after `stop`. */
  work(): void;
}

/** The kernels over `memory`, told which of the threads they are. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  thread: { index: number; threads: number },
): KernelExports {
  const exports = readExports(new WebAssembly.Instance(module, { env: { memory } }));
  exports.initialize(thread.index, thread.threads);
  return exports;
}

function readExports(instance: WebAssembly.Instance): KernelExports {
  const { dispatch, finish, initialize, post, stop, work } = instance.exports as Partial<
    Record<keyof KernelExports, unknown>
  >;
  return {
    dispatch: asFunction(dispatch),
    finish: asFunction(finish),
    initialize: asFunction(initialize),
    post: asFunction(post),
    stop: asFunction(stop),
    work: asFunction(work),
  };
}

function asFunction(value: unknown): (...numbers: number[]) => void {
  if (typeof value !== 'function') throw new TypeError('The compiled kernels do not fit this version; rebuild them.');
  return value as (...numbers: number[]) => void; // A function that WebAssembly exports takes numbers here.
}
