import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { DecantError } from '../../electron/engine/core/errors.ts';
import { applyEdits, applyTreeEdits, edit, treeEdit } from './edits.ts';
import type { Reader, Sample } from './readers.ts';

/** What is done to one of a reader's samples. */
export const changes = fc.record({
  sample: fc.nat(1000),
  tree: fc.option(fc.array(treeEdit, { minLength: 1, maxLength: 3 }), { freq: 2 }),
  bytes: fc.array(edit, { minLength: 0, maxLength: 4 }),
});
export type Changes = typeof changes extends fc.Arbitrary<infer T> ? T : never;

/** The changes of a case by its number: always the same. */
export function drawChanges(number: number): Changes {
  return fc.sample(changes, { seed: number, numRuns: 1 })[0]!;
}

export type Outcome = { readonly kind: 'read' | 'refused' } | { readonly kind: 'fault'; readonly problem: string };

/** Longest message, characters; a reason alone is shorter still. */
const LONGEST_MESSAGE = 2000;

/** Tries one case of a reader, in a folder that it empties first. */
export async function tryCase(
  reader: Reader,
  samples: readonly Sample[],
  made: Changes,
  folder: string,
): Promise<Outcome> {
  const sample = samples[made.sample % samples.length]!;
  const { tree, forge } = sample;
  const forged = made.tree !== null && forge !== undefined && made.bytes.length < 3;
  // Bytes of a forged file stay, so that it passes its checksums.
  const bytes = forged ? forge(applyTreeEdits(tree, made.tree ?? [])) : applyEdits(sample.bytes, made.bytes);
  const own = join(folder, 'case');
  emptyFolder(own);
  const outcome = await attempt(reader, bytes, { folder: own, sample, forged });
  const strays = readdirSync(folder).filter((name) => name !== 'case');
  return strays.length === 0 ? outcome : { kind: 'fault', problem: `it wrote ${strays.join(', ')}` };
}

async function attempt(reader: Reader, ...[bytes, context]: Parameters<Reader['read']>): Promise<Outcome> {
  try {
    await reader.read(bytes, context);
    return { kind: 'read' };
  } catch (error) {
    if (!(error instanceof DecantError))
      return { kind: 'fault', problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { message } = error;
    const odd = /\n|\[object |\bundefined\b/.exec(message)?.[0];
    if (message.length > LONGEST_MESSAGE || (odd !== undefined && !Buffer.from(bytes).includes(odd)))
      return { kind: 'fault', problem: `it says: ${message.slice(0, 500)}` };
    return { kind: 'refused' };
  }
}

/** Most cases leave nothing. */
function emptyFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true });
}
