import { formatMoment as formatInEnglish } from '../../shared/text/format.ts';
import { LANGUAGES } from '../../shared/text/language.ts';
import { language, region } from './language.ts';

const day = new Intl.DateTimeFormat(region, { day: 'numeric', month: 'short', year: 'numeric' });
const moment = new Intl.DateTimeFormat(region, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const time = new Intl.DateTimeFormat(region, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Formats the time of day: "14:02". @param at ISO 8601 */
export function formatTime(at: string): string {
  return time.format(new Date(at));
}

/** Formats a day in the user's locale. @param at ISO 8601 */
export function formatDay(at: string): string {
  return day.format(new Date(at));
}

/** Formats a moment of this year: "23 Nov 14:02". @param ms since 1970 */
export function formatMoment(ms: number): string {
  return language === LANGUAGES[0] ? formatInEnglish(ms) : moment.format(ms);
}
