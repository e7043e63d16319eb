import { createRequire } from 'node:module';

/**
 * Gives `node:util` the two functions that tfjs-node 4.22, the newest, calls in nearly every operation: one that Node 23
 * took out, and one that warns on stderr of its end.
 */
export function restoreUtilities(): void {
  // The module as CommonJS sees it, which is an object that can be added to.
  const util: Record<string, unknown> = createRequire(import.meta.url)('node:util');
  util.isArray = Array.isArray;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}
