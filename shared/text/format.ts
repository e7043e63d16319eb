/** Formats numbers for people: at most four significant digits, thin spaces between thousands, with the unit. */

import { word } from './language.ts';

const THIN_SPACE = '\u2009';
const MINUS = '\u2212';

/** Four significant digits at most, no exponent, thin spaces in thousands: 0.1234, 12.3, 1 234. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const whole = size === 0 ? 1 : Math.floor(Math.log10(size)) + 1;
  const decimals = Math.min(100, Math.max(0, digits - Math.max(1, whole)));
  const [integer = '0', rest] = size.toFixed(decimals).split('.');
  const grouped = integer.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  const fraction = rest?.replace(/0+$/, '') ?? '';
  const text = fraction === '' ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** 300 774 272 → "300.8 M"; four significant digits at most. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${formatNumber(value / 1e9)}${THIN_SPACE}G`;
  if (size >= 1e6) return `${formatNumber(value / 1e6)}${THIN_SPACE}M`;
  if (size >= 1e4) return `${formatNumber(value / 1e3)}${THIN_SPACE}k`;
  return formatNumber(value);
}

/** Decimal units: 8 900 000 → "8.9 MB". */
export function formatBytes(value: number): string {
  for (const [size, unit] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const)
    if (Math.abs(value) >= size) return `${toFixed(value / size, 1)}${THIN_SPACE}${unit}`;
  return `${value}${THIN_SPACE}B`;
}

/** 0.9861 → "98.6 %"; null → "–". */
export function formatShare(value: number | null): string {
  return value === null ? '–' : `${toFixed(100 * value, 1)}${THIN_SPACE}%`;
}

/** With its sign: 0.412 → "+41.2 %", −0.412 → "−41.2 %". */
export function formatSignedShare(value: number): string {
  return sign(value, 1) + formatShare(Math.abs(value));
}

/** Difference of two shares: 0.013 → "+1.3 points". */
export function formatPoints(value: number): string {
  return `${sign(value, 1)}${toFixed(Math.abs(100 * value), 1)} points`;
}

/** The same without unit, and a sign only below 0, for ranges: 0.008 → "0.8". */
export function formatPointsOnly(value: number): string {
  return toFixed(100 * value, 1);
}

/** Milliseconds with the useful digits: 0.842 → "0.84 ms", 12.34 → "12.3 ms". */
export function formatMilliseconds(value: number): string {
  return `${toFixed(value, value < 10 ? 2 : 1)}${THIN_SPACE}ms`;
}

/** 631 100 ms → "10 min 31 s". */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 10_000) return word(`${toFixed(ms / 1000, 1)} s`);
  if (seconds < 60) return word(`${seconds} s`);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds since 1970 → "23 Nov 14:02", local time. */
export function formatMoment(ms: number): string {
  const moment = new Date(ms);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${moment.getDate()} ${MONTHS[moment.getMonth()]} ${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
}

/** A count with its noun in singular or plural: "1 image", "2 images". */
export function formatPlural(count: number, one: string, several?: string): string {
  return `${formatNumber(count, 15)} ${count === 1 ? one : (several ?? word(`${one}s`))}`;
}

function toFixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return Number(value.toFixed(decimals)) < 0 ? MINUS + text : text;
}

function sign(value: number, decimals: number): string {
  const rounded = Number((100 * value).toFixed(decimals));
  return rounded > 0 ? '+' : rounded < 0 ? MINUS : '±';
}
