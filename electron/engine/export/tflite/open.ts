import { readFileSync } from 'node:fs';
import { siblingModule } from '../../core/sibling-module.ts';
import type { OpenedExport } from '../exporter.ts';
import { openInThread, versionOf } from '../runtime-thread.ts';

/**
 * Loads a TFLite file in LiteRT, in a thread of its own.
 *
 * @throws DecantError `model.unreadable`
 */
export function openTflite(bytes: Uint8Array): Promise<OpenedExport> {
  const manifest = readFileSync(new URL('../package.json', import.meta.resolve('@litertjs/core')), 'utf8');
  return openInThread({
    script: siblingModule(import.meta.url, './litert-worker'),
    name: 'LiteRT',
    version: versionOf(JSON.parse(manifest)),
    bytes,
  });
}
