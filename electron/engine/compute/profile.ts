import * as tf from '@tensorflow/tfjs-core';

export interface KernelTime {
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
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  const times = new Map<string, { calls: number; elapsedMs: number }>();
  let nestedMs = 0;
  for (const kernel of kernels) {
    replaceKernel({
      ...kernel,
      kernelFunc: (parameters) => {
        const outerNestedMs = nestedMs;
        nestedMs = 0;
        const startedAt = performance.now();
        try {
          const result = kernel.kernelFunc(parameters);
          finishKernels(parameters.backend);
          return result;
        } finally {
          const elapsedMs = performance.now() - startedAt;
          const entry = times.get(kernel.kernelName) ?? { calls: 0, elapsedMs: 0 };
          entry.calls++;
          entry.elapsedMs += elapsedMs - nestedMs;
          times.set(kernel.kernelName, entry);
          nestedMs = outerNestedMs + elapsedMs;
        }
      },
    });
  }
  return {
    stop() {
      for (const kernel of kernels) replaceKernel(kernel);
      return [...times].map(([kernel, time]) => ({ kernel, ...time })).sort((a, b) => b.elapsedMs - a.elapsedMs);
    },
  };
}

/** Waits for kernels that a back end computes while the caller goes on (`simd`), so that each is timed by itself. */
function finishKernels(backend: object): void {
  if ('finish' in backend && typeof backend.finish === 'function') backend.finish();
}

function replaceKernel(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel(kernel);
}
