/**
 * Text from outside for a message: of one that is longer than `most` characters the beginning and the end, which often tell
 * more than the middle.
 */
export function shorten(text: string, most = 80): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`.toWellFormed();
}

/** A value from outside as JSON for a message, never long; "missing" for undefined. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  return shorten(JSON.stringify(cut(value)) ?? String(value), 60);
}

/** The first names of a list for a message, and whether there are more. */
export function listSome(names: readonly string[], most = 5): string {
  return `${names
    .slice(0, most)
    .map((name) => shorten(name, 40))
    .join(', ')}${names.length > most ? ' …' : ''}`;
}

/** As much of a value as can be seen of it: JSON of megabytes is not made only to be shortened. */
function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 200 ? shorten(value, 200) : value;
  if (Array.isArray(value)) return value.slice(0, 60).map(cut);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, 60)
        .map(([key, item]) => [cut(key), cut(item)]),
    );
  return value;
}
