import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomically } from '../electron/engine/core/atomic-file.ts';

/** What one method reached with one seed. */
export interface Row {
  readonly method: string;
  readonly seed: number;
  /** Share of the test images guessed right. */
  readonly top1: number;
  /** Share of the unpruned student's MACs that is left. */
  readonly macs: number;
  readonly elapsedMs: number;
}

/** The content of the results file: what was compared, and the rows so far. */
export interface Comparison<Protocol> {
  readonly protocol: Protocol;
  readonly teacherTop1: number | null;
  readonly rows: readonly Row[];
}

/** What an interrupted comparison left, or an empty one. @throws Error when the file is of another protocol */
export async function readComparison<Protocol>(path: string, protocol: Protocol): Promise<Comparison<Protocol>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return { protocol, teacherTop1: null, rows: [] };
  const found = JSON.parse(text) as Comparison<Protocol>; // Written by writeComparison alone.
  if (isDeepStrictEqual(found.protocol, protocol)) return found;
  throw new Error(
    `${path} holds a comparison with other settings, ${JSON.stringify(found.protocol)}; use them, or name another folder with --out.`,
  );
}

export async function writeComparison<Protocol>(path: string, comparison: Comparison<Protocol>): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(comparison, null, 2)}\n`);
}

export interface Summary {
  readonly method: string;
  readonly seeds: number;
  readonly top1: Spread;
  readonly macs: number;
  /** How far the reference method leads, seed by seed, which takes out what a seed does to all methods; null for itself. */
  readonly lead: Spread | null;
}

export interface Spread {
  readonly mean: number;
  /** Standard deviation of the sample; null of fewer than two. */
  readonly deviation: number | null;
}

/** Each method over its seeds, in the order given, and what the reference is ahead of it. */
export function summarize(rows: readonly Row[], methods: readonly string[], reference: string): Summary[] {
  const own = (name: string) => rows.filter(({ method }) => method === name);
  const referenceTop1 = new Map(own(reference).map(({ seed, top1 }) => [seed, top1]));
  return methods
    .filter((method) => own(method).length > 0)
    .map((method) => {
      const leads = own(method).flatMap(({ seed, top1 }) => {
        const other = referenceTop1.get(seed);
        return other === undefined ? [] : other - top1;
      });
      return {
        method,
        seeds: own(method).length,
        top1: spreadOf(own(method).map(({ top1 }) => top1)),
        macs: spreadOf(own(method).map(({ macs }) => macs)).mean,
        lead: method === reference || leads.length === 0 ? null : spreadOf(leads),
      };
    });
}

/** Mean and sample standard deviation of at least one number. */
export function spreadOf(numbers: readonly number[]): Spread {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  if (numbers.length < 2) return { mean, deviation: null };
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (numbers.length - 1)) };
}
