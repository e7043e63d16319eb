const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** Formats a day in the user's locale. @param at ISO 8601 */
export function formatDay(at: string): string {
  return day.format(new Date(at));
}
