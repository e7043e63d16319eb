import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log begun afresh when it is longer; the one before is kept. */
const LONGEST_BYTES = 1 << 20;

export type Log = (line: string) => void;

/** Appends lines with their time to a file. What cannot be written is dropped: a log ends no program. */
export function openLog(path: string, now: () => Date = () => new Date()): Log {
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch {}
  };
  attempt(() => mkdirSync(dirname(path), { recursive: true }));
  attempt(() => {
    if (statSync(path).size > LONGEST_BYTES) renameSync(path, `${path}.1`);
  });
  return (line) => attempt(() => appendFileSync(path, `${now().toISOString()} ${line}\n`));
}
