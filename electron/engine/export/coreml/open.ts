import { siblingModule } from '../../core/sibling-module.ts';
import type { OpenedExport } from '../exporter.ts';
import { openInThread } from '../runtime-thread.ts';

/**
 * Loads a Core ML package in Decant's own interpreter, in a thread of its own: Core ML itself runs on Apple's systems only.
 *
 * @param optimize false: values of 16 bits are computed with 32, to compare them strictly with the numbers that the file holds; else
 *   they are rounded after every operation, as where Core ML computes with 16 bits
 * @throws DecantError `model.unreadable` also where its structure is not sound
 */
export function openCoreml(
  bytes: Uint8Array,
  { optimize = true, threads = 0 }: { optimize?: boolean; threads?: number } = {},
): Promise<OpenedExport> {
  return openInThread({
    script: siblingModule(import.meta.url, './coreml-worker'),
    name: "Decant's Core ML interpreter",
    bytes,
    settings: { threads, rounds: optimize },
  });
}
