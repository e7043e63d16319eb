import { version_core as version } from '@tensorflow/tfjs-core';
import { siblingModule } from '../../core/sibling-module.ts';
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
  return openInThread({
    script: siblingModule(import.meta.url, './tfjs-worker'),
    name: 'TensorFlow.js',
    version,
    bytes,
    settings: { threads, plain: !optimize },
  });
}
