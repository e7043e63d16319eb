const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** A day as people write it where they live. @param at ISO 8601 */
export function formatDay(at: string): string {
  return day.format(new Date(at));
}
