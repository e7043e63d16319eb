/** Says how a process ended, with the last line of its output that is not part of a stack trace, if any. Returns a clause. */
export function describeEnd(how: string, complaints: string): string {
  const last = complaints
    .trim()
    .split('\n')
    .findLast((line) => line.trim() !== '' && !/^\s*at |^Node[.]js v/.test(line));
  return last === undefined ? how : `${how}: ${last.trim().replace(/[.]$/, '').slice(0, 300)}`;
}
