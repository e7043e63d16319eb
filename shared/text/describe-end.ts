/** How a process ended and, where it said something, its last line that is no stack trace. A clause. */
export function describeEnd(how: string, complaints: string): string {
  const last = complaints
    .trim()
    .split('\n')
    .findLast((line) => line.trim() !== '' && !/^\s*at |^Node[.]js v/.test(line));
  return last === undefined ? how : `${how}: ${last.trim().replace(/[.]$/, '').slice(0, 300)}`;
}
