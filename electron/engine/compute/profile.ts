import * as tf from '@tensorflow/tfjs-core';

export interface KernelTime {
  /** tfjs's name; what a kernel calls of a back end's own has a name without a capital. */
  readonly kernel: string;
  readonly calls: number;
  /** In this kernel, without the kernels that it called. */
  readonly elapsedMs: number;
}

/**
 * Times every kernel of the active back end from now on, until `stop` is called, which returns the table, longest first.
 * Meaningful where kernels return when they are done (`simd`, `cpu`); on a graphics card it is the time to enqueue.
 */
export function startProfile(): { stop(): KernelTime[] } {
  const backend = tf.backend();
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  const times = new Map<string, { calls: number; elapsedMs: number }>();
  let nestedMs = 0;
  const time = <T>(name: string, call: () => T): T => {
    const outerNestedMs = nestedMs;
    nestedMs = 0;
    const startedAt = performance.now();
    try {
      const result = call();
      finishKernels(backend);
      return result;
    } finally {
      const elapsedMs = performance.now() - startedAt;
      const entry = times.get(name) ?? { calls: 0, elapsedMs: 0 };
      entry.calls++;
      entry.elapsedMs += elapsedMs - nestedMs;
      times.set(name, entry);
      nestedMs = outerNestedMs + elapsedMs;
    }
  };
  for (const kernel of kernels) {
    replaceKernel({ ...kernel, kernelFunc: (call) => time(kernel.kernelName, () => kernel.kernelFunc(call)) });
  }
  const restore = 'kernels' in backend ? timeFunctions(backend.kernels as object, time) : () => {};
  return {
    stop() {
      for (const kernel of kernels) replaceKernel(kernel);
      restore();
      return [...times].map(([kernel, time]) => ({ kernel, ...time })).sort((a, b) => b.elapsedMs - a.elapsedMs);
    },
  };
}

/** Times every function of an object, until the returned function is called. */
function timeFunctions(target: object, time: <T>(name: string, call: () => T) => T): () => void {
  const own = { ...target };
  for (const [name, value] of Object.entries(own)) {
    if (typeof value !== 'function') continue;
    const timed = (...args: unknown[]): unknown =>
      time(name, () => (value as (...args: unknown[]) => unknown)(...args));
    Object.assign(target, { [name]: timed });
  }
  return () => Object.assign(target, own);
}

/** Waits for kernels that a back end computes while the caller goes on (`simd`), so that each is timed by itself. */
function finishKernels(backend: object): void {
  if ('finish' in backend && typeof backend.finish === 'function') backend.finish();
}

function replaceKernel(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel(kernel);
}
