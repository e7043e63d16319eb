import { version_core as version } from '@tensorflow/tfjs-core';
import type { OpenedExport } from '../exporter.ts';
import { openInThread } from '../runtime-thread.ts';

/**
 * Loads an archive with a graph model in TensorFlow.js, in a thread of its own.
 *
 * @param optimize false: with TensorFlow.js's own kernels, which are slow; else with Decant's
 * @throws DecantError `model.unreadable`
 */
export function openTfjs(
  bytes: Uint8Array,
  { optimize = true, threads = 0 }: { optimize?: boolean; threads?: number } = {},
): Promise<OpenedExport> {
  const kernels = optimize ? "Decant's WebAssembly" : 'plain JavaScript';
  const count = threads === 0 ? 'a thread for each core' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return openInThread({
    script: new URL('./tfjs-worker.ts', import.meta.url),
    name: 'TensorFlow.js',
    description: `TensorFlow.js ${version}, ${kernels}, ${optimize ? count : '1 thread'}`,
    bytes,
    settings: { threads, plain: !optimize },
  });
}
