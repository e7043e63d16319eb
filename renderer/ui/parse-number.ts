/** Reads a number as people type it: "0.6", "0,6", "1 000", "1e-4", "60 %". Returns null if it is not a number. */
export function parseNumber(text: string): number | null {
  const plain = text
    .replace(/[\s\u2009\u00a0]/g, '')
    .replace('\u2212', '-')
    .replace(',', '.');
  const percent = plain.endsWith('%');
  const digits = percent ? plain.slice(0, -1) : plain;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) return null;
  const value = Number(digits);
  if (!Number.isFinite(value)) return null;
  return percent ? value / 100 : value;
}
