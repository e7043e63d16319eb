/** Branded identifiers: a run's id cannot be handed where a dataset's is asked for. */
export type Id<Kind extends string> = string & { readonly __kind: Kind };
export type RunId = Id<'run'>;
export type DatasetId = Id<'dataset'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A sortable, lower-case id: 9 characters of time (milliseconds, base 32) and 5 drawn from `next` (uniform in [0, 1)). */
export function createRunId(nowMs: number, next: () => number): RunId {
  let time = '';
  for (let rest = nowMs, i = 0; i < 9; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  let tail = '';
  for (let i = 0; i < 5; i++) tail += ALPHABET[Math.floor(next() * 32)];
  return `${time}${tail}` as RunId; // Made here, and only here, from the run alphabet.
}

/** Whether a text has the form of a run's id: safe as a folder name, whether or not there is such a run. */
export function isRunId(text: string): text is RunId {
  return /^[0-9a-hjkmnp-tv-z]{14}$/.test(text);
}

/** When a run was begun, milliseconds since 1970: its id begins with it. */
export function readRunTime(id: RunId): number {
  return [...id.slice(0, 9)].reduce((time, digit) => 32 * time + ALPHABET.indexOf(digit), 0);
}
