import { Builder } from 'flatbuffers';

/**
 * Reading and writing of FlatBuffers (https://flatbuffers.dev/internals) after small schemas written as data: each
 * field of a table has a slot (its place in the schema, counted from 0; a union takes two) and a kind.
 */
export type Schema = { readonly [field: string]: readonly [slot: number, kind: Kind] };

type Kind =
  | keyof typeof SCALARS
  | keyof typeof VECTORS
  | 'string'
  | 'strings'
  /** Aligned to 16, as tensors' numbers have to be. */
  | 'bytes'
  | { readonly table: Schema }
  | { readonly tables: Schema }
  /** Schemas of the members, by their number in the union. The type has the given slot, the table the next one. */
  | { readonly union: { readonly [member: number]: Schema } };

/** One of a union's tables. */
export interface Member {
  member: number;
  table: { readonly [field: string]: unknown };
}

/** A table of a schema as an object; fields that are not stored are missing. */
export type TableOf<S extends Schema> = { -readonly [Field in keyof S]?: ValueOf<S[Field][1]> };

type ValueOf<K> = K extends 'bool'
  ? boolean
  : K extends keyof typeof SCALARS
    ? number
    : K extends keyof typeof VECTORS
      ? readonly number[]
      : K extends 'string'
        ? string
        : K extends 'strings'
          ? readonly string[]
          : K extends 'bytes'
            ? Uint8Array
            : K extends { readonly table: infer S extends Schema }
              ? TableOf<S>
              : K extends { readonly tables: infer S extends Schema }
                ? readonly TableOf<S>[]
                : Member;

// No defaults: every scalar that is given is stored, so that readers with other defaults see it too.
const SCALARS = {
  bool: {
    write: (builder: Builder, slot: number, value: number) => builder.addFieldInt8(slot, Number(value), null),
    read: (view: DataView, at: number) => view.getUint8(at) !== 0,
  },
  int8: {
    write: (builder: Builder, slot: number, value: number) => builder.addFieldInt8(slot, value, null),
    read: (view: DataView, at: number) => view.getInt8(at),
  },
  int32: {
    write: (builder: Builder, slot: number, value: number) => builder.addFieldInt32(slot, value, null),
    read: (view: DataView, at: number) => view.getInt32(at, true),
  },
  uint32: {
    write: (builder: Builder, slot: number, value: number) => builder.addFieldInt32(slot, value, null),
    read: (view: DataView, at: number) => view.getUint32(at, true),
  },
} as const;

const VECTORS = {
  int32s: {
    bytes: 4,
    add: (builder: Builder, value: number) => builder.addInt32(value),
    read: (view: DataView, at: number) => view.getInt32(at, true),
  },
  int64s: {
    bytes: 8,
    add: (builder: Builder, value: number) => builder.addInt64(BigInt(value)),
    read: (view: DataView, at: number) => Number(view.getBigInt64(at, true)),
  },
  float32s: {
    bytes: 4,
    add: (builder: Builder, value: number) => builder.addFloat32(value),
    read: (view: DataView, at: number) => view.getFloat32(at, true),
  },
} as const;

/**
 * The bytes of a FlatBuffer.
 *
 * @param identifier four characters
 */
export function encodeFlatBuffer<S extends Schema>(schema: S, table: TableOf<S>, identifier: string): Uint8Array {
  const target = { builder: new Builder(1 << 16), stored: new Map<string, number>() };
  target.builder.finish(encodeTable(target, schema, table), identifier);
  return target.builder.asUint8Array();
}

interface Target {
  readonly builder: Builder;
  /** Where lists of numbers and tables lie: equal ones are stored once, such as the shapes and options of many tensors. */
  readonly stored: Map<string, number>;
}

function encodeTable(target: Target, schema: Schema, table: { readonly [field: string]: unknown }): number {
  const { builder } = target;
  const fields = Object.entries(schema).flatMap(([name, [slot, kind]]) => {
    const value = table[name];
    return value === undefined ? [] : [{ slot, kind, value }];
  });
  // Children are laid down before their parents.
  const laid = fields.map((field) => ({ ...field, offset: encodeChild(target, field.kind, field.value) }));
  const told = laid.map(({ slot, kind, value, offset }) => [
    slot,
    isScalar(kind) ? `${kind} ${value}` : isUnion(kind) ? `${(value as Member).member} ${offset}` : offset,
  ]);
  return storeOnce(target, `table ${told.join()}`, () => {
    builder.startObject(1 + Math.max(0, ...laid.map(({ slot, kind }) => (isUnion(kind) ? slot + 1 : slot))));
    for (const { slot, kind, value, offset } of laid) {
      // Safe, as below: TableOf gives every field the type of its kind.
      if (isScalar(kind)) SCALARS[kind].write(builder, slot, value as number);
      else if (isUnion(kind)) {
        builder.addFieldInt8(slot, (value as Member).member, null);
        builder.addFieldOffset(slot + 1, offset, 0);
      } else builder.addFieldOffset(slot, offset, 0);
    }
    return builder.endObject();
  });
}

function storeOnce({ stored }: Target, key: string, store: () => number): number {
  const known = stored.get(key);
  if (known !== undefined) return known;
  const offset = store();
  stored.set(key, offset);
  return offset;
}

/** Where the value lies that a field points to; 0 for those that lie in the table itself. */
function encodeChild(target: Target, kind: Kind, value: unknown): number {
  const { builder } = target;
  if (typeof kind === 'object') {
    if ('table' in kind) return encodeTable(target, kind.table, value as TableOf<Schema>);
    if ('tables' in kind)
      return encodeOffsets(
        builder,
        (value as readonly TableOf<Schema>[]).map((table) => encodeTable(target, kind.tables, table)),
      );
    const { member, table } = value as Member;
    return encodeTable(target, kind.union[member]!, table);
  }
  if (isScalar(kind)) return 0;
  if (kind === 'string') return builder.createSharedString(value as string);
  if (kind === 'strings')
    return encodeOffsets(
      builder,
      (value as readonly string[]).map((text) => builder.createSharedString(text)),
    );
  if (kind === 'bytes') {
    const bytes = value as Uint8Array;
    builder.prep(16, bytes.length);
    return builder.createByteVector(bytes);
  }
  return encodeNumbers(target, kind, value as readonly number[]);
}

function encodeNumbers(target: Target, kind: keyof typeof VECTORS, numbers: readonly number[]): number {
  const { builder } = target;
  return storeOnce(target, `${kind} ${numbers.join()}`, () => {
    const { bytes, add } = VECTORS[kind];
    builder.startVector(bytes, numbers.length, bytes);
    for (const number of numbers.toReversed()) add(builder, number);
    return builder.endVector();
  });
}

function encodeOffsets(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/**
 * What of a FlatBuffer is made into objects at most, counted in bytes; the `bytes` in it, which are not copied, together no more
 * than the file has. Places in a file may be pointed at again and again, so that small files could unfold without end.
 */
const MOST_DECODED = 2 ** 24;
/** A table or text costs so much at least. */
const OBJECT_COST = 16;

/**
 * The fields of a FlatBuffer that a schema names; others are skipped.
 *
 * @throws RangeError when the bytes do not begin with the identifier, point outside of themselves or unfold to far more than
 *   they are
 */
export function decodeFlatBuffer<S extends Schema>(schema: S, bytes: Uint8Array, identifier: string): TableOf<S> {
  const view = new CountingView(bytes);
  const found = new TextDecoder('latin1').decode(bytes.subarray(4, 8));
  if (found !== identifier) throw new RangeError(`its identifier is ${JSON.stringify(found)}, not "${identifier}"`);
  return decodeTable(view, schema, follow(view, 0)) as TableOf<S>; // Safe: decodeValue gives each kind its type.
}

/** A file's bytes, with what has been made of them. */
class CountingView extends DataView<ArrayBufferLike> {
  #decoded = 0;
  #viewed = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    super(buffer, byteOffset, byteLength);
  }

  /** @throws RangeError */
  count(bytes: number): void {
    this.#decoded += bytes;
    if (this.#decoded > MOST_DECODED) throw new RangeError('it unfolds to far more than a network is described by');
  }

  /** @throws RangeError */
  countViewed(bytes: number): void {
    this.count(OBJECT_COST);
    this.#viewed += bytes;
    if (this.#viewed > this.byteLength) throw new RangeError('its buffers overlap each other');
  }
}

function decodeTable(view: CountingView, schema: Schema, at: number): { [field: string]: unknown } {
  const slots = at - view.getInt32(at, true);
  const length = view.getUint16(slots, true);
  const place = (slot: number): number => {
    const entry = 4 + 2 * slot;
    const offset = entry < length ? view.getUint16(slots + entry, true) : 0;
    return offset === 0 ? 0 : at + offset;
  };
  const table: { [field: string]: unknown } = {};
  view.count(OBJECT_COST);
  for (const [name, [slot, kind]] of Object.entries(schema)) {
    const field = place(slot);
    if (field === 0) continue;
    view.count(OBJECT_COST);
    if (isUnion(kind)) {
      const member = view.getUint8(field);
      const schemaOfMember = kind.union[member];
      const content = place(slot + 1);
      if (schemaOfMember && content)
        table[name] = { member, table: decodeTable(view, schemaOfMember, follow(view, content)) };
    } else table[name] = decodeValue(view, kind, field);
  }
  return table;
}

function decodeValue(view: CountingView, kind: Exclude<Kind, { union: unknown }>, at: number): unknown {
  if (typeof kind === 'object') {
    if ('table' in kind) return decodeTable(view, kind.table, follow(view, at));
    return decodeVector(view, at, 4, (entry) => decodeTable(view, kind.tables, follow(view, entry)));
  }
  if (isScalar(kind)) return SCALARS[kind].read(view, at);
  if (kind === 'string') return decodeText(view, at);
  if (kind === 'strings') return decodeVector(view, at, 4, (entry) => decodeText(view, entry));
  if (kind === 'bytes') {
    const bytes = decodeBytes(view, at);
    view.countViewed(bytes.length);
    return bytes;
  }
  const { bytes, read } = VECTORS[kind];
  return decodeVector(view, at, bytes, (entry) => read(view, entry));
}

function decodeText(view: CountingView, at: number): string {
  const bytes = decodeBytes(view, at);
  view.count(OBJECT_COST + bytes.length);
  return new TextDecoder().decode(bytes);
}

function decodeVector<T>(view: CountingView, at: number, bytes: number, read: (at: number) => T): T[] {
  const start = follow(view, at);
  const length = view.getUint32(start, true);
  if (start + 4 + length * bytes > view.byteLength) throw new RangeError('a list in it is longer than the file');
  view.count(length * bytes);
  return Array.from({ length }, (_, i) => read(start + 4 + i * bytes));
}

function decodeBytes(view: DataView, at: number): Uint8Array {
  const start = follow(view, at);
  const length = view.getUint32(start, true);
  if (start + 4 + length > view.byteLength) throw new RangeError('a list in it is longer than the file');
  return new Uint8Array(view.buffer, view.byteOffset + start + 4, length);
}

function follow(view: DataView, at: number): number {
  return at + view.getUint32(at, true);
}

function isScalar(kind: Kind): kind is keyof typeof SCALARS {
  return typeof kind === 'string' && Object.hasOwn(SCALARS, kind);
}

function isUnion(kind: Kind): kind is { readonly union: { readonly [member: number]: Schema } } {
  return typeof kind === 'object' && 'union' in kind;
}
