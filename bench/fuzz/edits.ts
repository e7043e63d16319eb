import fc from 'fast-check';

/** Where in a file: a share of its length, or so many bytes from its start (from 0) or its end (from -1). */
type Place = { readonly share: number } | { readonly byte: number };

/** One change to bytes. */
export type Edit =
  | { readonly kind: 'flip'; readonly at: Place; readonly bit: number }
  | { readonly kind: 'number'; readonly at: Place; readonly bytes: 1 | 2 | 4 | 8; readonly value: bigint }
  | { readonly kind: 'insert'; readonly at: Place; readonly content: Uint8Array }
  | { readonly kind: 'remove'; readonly at: Place; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: Place; readonly length: number; readonly times: number }
  | { readonly kind: 'copy'; readonly at: Place; readonly from: Place; readonly length: number }
  | { readonly kind: 'cut'; readonly at: Place }
  | { readonly kind: 'digits'; readonly at: Place; readonly text: string };

/** One change to a tree of JSON: the steps lead to a child of a child. */
export interface TreeEdit {
  readonly steps: readonly number[];
  readonly change:
    | { readonly kind: 'replace'; readonly value: unknown }
    | { readonly kind: 'delete' }
    | { readonly kind: 'repeat'; readonly times: number }
    | { readonly kind: 'rename'; readonly key: string };
}

const place: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ byte: fc.integer({ min: -128, max: 256 }) }),
);
/** Numbers at the edges of what 8 to 64 bits hold. */
const edge = fc
  .tuple(fc.constantFrom(0n, 7n, 8n, 15n, 16n, 24n, 31n, 32n, 33n, 48n, 53n, 63n), fc.integer({ min: -2, max: 2 }))
  .map(([bit, more]) => (1n << bit) + BigInt(more));
const value = fc.oneof(edge, fc.bigInt({ min: 0n, max: 1000n }), fc.constantFrom(0n, -1n));
const text = fc.constantFrom(
  '0',
  '-1',
  '9',
  '16',
  '17',
  '512',
  '513',
  '65536',
  '1e9',
  '4294967295',
  '99999999999',
  '1e999',
);

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('number' as const), at: place, bytes: fc.constantFrom(1, 2, 4, 8), value }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    content: fc.uint8Array({ minLength: 1, maxLength: 32 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: place, length: fc.integer({ min: 1, max: 200 }) }),
  fc.record({
    kind: fc.constant('repeat' as const),
    at: place,
    length: fc.integer({ min: 1, max: 300 }),
    times: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ kind: fc.constant('copy' as const), at: place, from: place, length: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('digits' as const), at: place, text }),
);

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    0.5,
    1e9,
    2 ** 31,
    2 ** 53,
    1e308,
    [],
    {},
    [[]],
    '../../x',
    '\\\\host\\share\\x',
    '/etc/passwd',
    '__proto__',
    '\u001b[2J\u202e',
    'x'.repeat(100_000),
    Array.from({ length: 10_000 }, () => 1),
  ),
);

export const treeEdit: fc.Arbitrary<TreeEdit> = fc.record({
  steps: fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
  change: fc.oneof(
    fc.record({ kind: fc.constant('replace' as const), value: odd }),
    fc.record({ kind: fc.constant('delete' as const) }),
    fc.record({ kind: fc.constant('repeat' as const), times: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ kind: fc.constant('rename' as const), key: fc.oneof(fc.constantFrom('__proto__', ''), fc.string()) }),
  ),
});

export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  return edits.reduce<Buffer>(applyEdit, Buffer.from(bytes));
}

function applyEdit(bytes: Buffer, edit: Edit): Buffer {
  const at = find(bytes, edit.at);
  switch (edit.kind) {
    case 'flip':
      if (at < bytes.length) bytes[at]! ^= 1 << edit.bit;
      return bytes;
    case 'number': {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt.asUintN(64, edit.value));
      number.copy(bytes, at, 0, edit.bytes);
      return bytes;
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), edit.content, bytes.subarray(at)]);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + edit.length)]);
    case 'repeat': {
      const part = bytes.subarray(at, at + edit.length);
      return Buffer.concat([
        bytes.subarray(0, at),
        ...Array.from({ length: edit.times }, () => part),
        bytes.subarray(at),
      ]);
    }
    case 'copy': {
      const from = find(bytes, edit.from);
      Buffer.from(bytes.subarray(from, from + edit.length)).copy(bytes, at);
      return bytes;
    }
    case 'cut':
      return bytes.subarray(0, at);
    case 'digits': {
      const found = /\d+/.exec(bytes.toString('latin1', at, at + 2000));
      if (!found) return bytes;
      const start = at + found.index;
      return Buffer.concat([bytes.subarray(0, start), Buffer.from(edit.text), bytes.subarray(start + found[0].length)]);
    }
    default:
      throw new TypeError(`unknown edit ${JSON.stringify(edit satisfies never)}`);
  }
}

function find({ length }: Buffer, place: Place): number {
  const at = 'share' in place ? Math.floor(place.share * length) : place.byte < 0 ? length + place.byte : place.byte;
  return Math.max(0, Math.min(length, at));
}

/** A tree like the given one, with the changes. Leaves that are no JSON, such as bytes, stay what they are. */
export function applyTreeEdits(tree: unknown, edits: readonly TreeEdit[]): unknown {
  const root = { root: structuredClone(tree) };
  for (const { steps, change } of edits) changeChild(root, [0, ...steps], change);
  return root.root;
}

function changeChild(parent: object, [step = 0, ...others]: readonly number[], change: TreeEdit['change']): void {
  const keys = Object.keys(parent);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return;
  const child: unknown = Reflect.get(parent, key);
  if (others.length > 0 && typeof child === 'object' && child !== null && !ArrayBuffer.isView(child))
    changeChild(child, others, change);
  else if (change.kind === 'replace') Reflect.set(parent, key, structuredClone(change.value));
  else if (change.kind === 'delete') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  } else if (change.kind === 'repeat') {
    if (Array.isArray(parent)) parent.push(...Array.from({ length: change.times }, () => structuredClone(child)));
  } else if (!Array.isArray(parent))
    Object.defineProperty(parent, change.key, { value: child, enumerable: true, configurable: true, writable: true });
}
