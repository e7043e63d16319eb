import type { RecipeShape } from '../../../shared/run/recipe-guide.ts';

/** The value at a path with dots; undefined where there is none. */
export function valueAt(recipe: object, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return new Map<string, unknown>(Object.entries(value)).get(name);
  }, recipe);
}

/** A copy with another value at a path with dots. */
export function withValue<Shape extends object>(recipe: Shape, key: string, value: unknown): Shape {
  const [name = '', ...rest] = key.split('.');
  const inner = valueAt(recipe, name);
  const next =
    rest.length === 0 ? value : withValue(typeof inner === 'object' && inner ? inner : {}, rest.join('.'), value);
  return { ...recipe, [name]: next };
}

/** A list as it stands in a text field: `a, b`, pairs `teacher = student`. */
export function formatList(value: unknown): string {
  if (!Array.isArray(value)) return '';
  return value.map((item: unknown) => (Array.isArray(item) ? item.join(' = ') : String(item))).join(', ');
}

/** What a text field means for a key that holds a list; empty is null where that is allowed. */
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
