import { region } from '../../ui/language.ts';

/** Formats time left, rounded so that it does not claim more precision than an estimate has. */
export function formatTimeLeft(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return 'less than a minute';
  if (minutes < 10) return `about ${Math.round(minutes)} min`;
  if (minutes < 57.5) return `about ${5 * Math.round(minutes / 5)} min`;
  const quarters = Math.round(minutes / 15);
  const hours = Math.floor(quarters / 4);
  const rest = (quarters % 4) * 15;
  return hours >= 10 || rest === 0 ? `about ${Math.round(minutes / 60)} h` : `about ${hours} h ${rest} min`;
}

/** The time of day when something ends, "17:05", with the date if it is not today. @param end milliseconds since 1970 */
export function formatEnd(end: number, now: number): string {
  const at = new Date(end);
  const time = at.toLocaleTimeString(region, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.toLocaleDateString(region, { weekday: 'short', day: 'numeric', month: 'short' })}, ${time}`;
}
