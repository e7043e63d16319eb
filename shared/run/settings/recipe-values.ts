import type { RecipeShape } from '../recipe-guide.ts';

/** The value at a dotted path; undefined if there is none. */
export function valueAt(recipe: object, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return new Map<string, unknown>(Object.entries(value)).get(name);
  }, recipe);
}

/** A copy with another value at a dotted path. */
export function withValue<Shape extends object>(recipe: Shape, key: string, value: unknown): Shape {
  const [name = '', ...rest] = key.split('.');
  const inner = valueAt(recipe, name);
  const next =
    rest.length === 0 ? value : withValue(typeof inner === 'object' && inner ? inner : {}, rest.join('.'), value);
  return { ...recipe, [name]: next };
}

/** Formats a list for a text field: `a, b`, or pairs `teacher = student`. */
export function formatList(value: unknown): string {
  if (!Array.isArray(value)) return '';
  return value.map((item: unknown) => (Array.isArray(item) ? item.join(' = ') : String(item))).join(', ');
}

/** Parses the text field of a list; empty means null if that is allowed. */
export function parseList(text: string, { kind, nullable }: Pick<RecipeShape, 'kind' | 'nullable'>): unknown {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) return nullable ? null : [];
  switch (kind) {
    case 'strides':
      return items.map(Number);
    case 'pairs':
      return items.map((item) => item.split('=').map((name) => name.trim()));
    default:
      return items;
  }
}
