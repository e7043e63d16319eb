import { z } from 'zod';
import { recipeSchema } from './recipe.ts';

/** One key of the recipe, as people may read about it. All of it is drawn from the schema. */
export interface RecipeKey {
  /** Path with dots: `prune.macs`. */
  key: string;
  /** Short name for people, where the schema has one. */
  title: string | null;
  meaning: string;
  /** As JSON. */
  defaultValue: string;
  /** What may stand there, in words: "a number above 0, up to 1, or null". */
  allowed: string;
  /** The same as data, for forms. */
  shape: RecipeShape;
}

export interface RecipeShape {
  /** `choices`: any of the options together; `strides`, `texts` and `pairs` are lists. */
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'choices' | 'strides' | 'text' | 'texts' | 'pairs';
  nullable: boolean;
  /** Of `choice` and `choices`. */
  options: string[];
  /** Bounds of numbers; `exclusive` where the bound itself is not allowed. Null: none. */
  min: { value: number; exclusive: boolean } | null;
  max: { value: number; exclusive: boolean } | null;
}

/** The part of JSON Schema that the recipe's schema gives. */
interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxItems?: number;
}

let keys: readonly RecipeKey[] | undefined;

/** Every key of the recipe, in its order. Drawn from the schema only once, because that takes long and every screen asks. */
export function listRecipeKeys(): readonly RecipeKey[] {
  // Zod types the result more loosely than what this schema, made of objects and plain values, can give.
  keys ??= collect(z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema, '');
  return keys;
}

function collect(schema: JsonSchema, prefix: string): RecipeKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix + name;
    if (child.properties) return collect(child, `${key}.`);
    return [
      {
        key,
        title: child.title ?? null,
        meaning: child.description ?? '',
        defaultValue: JSON.stringify(child.default),
        allowed: describeAllowed(child),
        shape: readShape(key, child),
      },
    ];
  });
}

function readShape(key: string, schema: JsonSchema): RecipeShape {
  const options = listOptions(schema);
  const real = options.filter(({ type }) => type !== 'null');
  const [first = {}] = real;
  const shape = { nullable: real.length < options.length, options: [] as string[], min: null, max: null };
  if (real.every((option) => option.const !== undefined))
    return { ...shape, kind: 'choice', options: real.map((option) => String(option.const)) };
  if (first.enum) return { ...shape, kind: 'choice', options: first.enum.map(String) };
  switch (first.type) {
    case 'boolean':
      return { ...shape, kind: 'boolean' };
    case 'string':
      return { ...shape, kind: 'text' };
    case 'integer':
    case 'number':
      return { ...shape, kind: first.type, min: readBound(first, 'minimum'), max: readBound(first, 'maximum') };
    case 'array':
      if (first.items?.enum) return { ...shape, kind: 'choices', options: first.items.enum.map(String) };
      if (first.items?.type === 'string') return { ...shape, kind: 'texts' };
      return { ...shape, kind: first.items?.prefixItems ? 'pairs' : 'strides' };
    default:
      throw new Error(`No form is known for the recipe's key "${key}".`);
  }
}

/** A union's members, those of unions in it too. */
function listOptions(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf?.flatMap(listOptions) ?? [schema];
}

function readBound(schema: JsonSchema, side: 'minimum' | 'maximum'): RecipeShape['min'] {
  const exclusive = side === 'minimum' ? schema.exclusiveMinimum : schema.exclusiveMaximum;
  if (exclusive !== undefined) return { value: exclusive, exclusive: true };
  const value = schema[side];
  return value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : { value, exclusive: false };
}

function describeAllowed(schema: JsonSchema): string {
  if (schema.anyOf) return joinWords(schema.anyOf.map(describeAllowed), 'or');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum)
    return joinWords(
      schema.enum.map((value) => JSON.stringify(value)),
      'or',
    );
  switch (schema.type) {
    case 'null':
      return 'null';
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a string';
    case 'integer':
      return `a whole number${describeBounds(schema)}`;
    case 'number':
      return `a number${describeBounds(schema)}`;
    case 'array':
      if (schema.prefixItems) return `[${schema.prefixItems.map(describeAllowed).join(', ')}]`;
      return `a list of ${describeAllowed(schema.items ?? {})
        .replace(/^a string$/, 'strings')
        .replace(/^\[/, 'pairs [')}${schema.maxItems === undefined ? '' : `, at most ${schema.maxItems}`}`;
    default:
      return 'a value';
  }
}

function describeBounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low =
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : minimum !== undefined ? `from ${minimum}` : '';
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const high = exclusiveMaximum !== undefined ? `below ${exclusiveMaximum}` : bounded ? `up to ${maximum}` : '';
  return [low, high]
    .filter((part) => part !== '')
    .map((part) => ` ${part}`)
    .join(' and')
    .replace(/ and up/, ' up');
}

function joinWords(words: readonly string[], last: string): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
