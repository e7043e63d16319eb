import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomically } from '../../electron/engine/core/atomic-file.ts';

/** One finished run: an arm with a seed. */
export interface Cell {
  readonly arm: string;
  readonly seed: number;
  /** By the names of the experiment's figures. */
  readonly figures: Readonly<Record<string, number | null>>;
  readonly teacherTop1: number | null;
  readonly elapsedMs: number;
  /** Commit of the sources, and the processor and threads that computed it. */
  readonly commit: string;
  readonly machine: string;
}

/** Everything that is known of an experiment. */
export interface Ledger {
  /** The recipes, by arm, and the images: cells of others are not added to these. */
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly cells: readonly Cell[];
}

const FILE = 'cells.json';

/**
 * What was computed so far, or nothing. Arms that came or went since do not matter.
 *
 * @throws Error where an arm with cells has another recipe now, or the images are others
 */
export async function readLedger(folder: string, protocol: Ledger['protocol']): Promise<Ledger> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => null);
  if (text === null) return { protocol, cells: [] };
  const found = JSON.parse(text) as Ledger; // Written by writeLedger alone.
  for (const key of new Set(['images', ...found.cells.map(({ arm }) => arm)]))
    if (key in protocol && !isDeepStrictEqual(found.protocol[key], protocol[key]))
      throw new Error(
        `${join(folder, FILE)} has results of "${key}" with other settings; move the file away, or name another folder with --out.`,
      );
  return { protocol: { ...found.protocol, ...protocol }, cells: found.cells };
}

export async function writeLedger(folder: string, ledger: Ledger): Promise<void> {
  await writeFileAtomically(join(folder, FILE), `${JSON.stringify(ledger, null, 2)}\n`);
}
