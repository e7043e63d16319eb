import { Random } from '../../electron/engine/core/random.ts';
import { REQUESTS, type RequestName } from '../../shared/ipc/contract.ts';

const NAMES = Object.keys(REQUESTS) as RequestName[]; // Its own keys.

/** Values that programs stumble over. All of them can be JSON. */
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  '',
  ' ',
  '../../etc/passwd',
  'C:\\Windows\\system32',
  '\\\\host\\share\\x',
  '\u0000',
  '__proto__',
  'constructor',
  "'; DROP TABLE runs; --",
  '<img src=x onerror=alert(1)>',
  'x'.repeat(5000),
  '0123456789abcdef',
  '0123456789abcd',
  [],
  [[[[]]]],
  {},
  { length: 1e9 },
];
const KEYS = ['run', 'runs', 'dataset', 'work', 'recipe', 'path', 'file', 'label', 'offset', 'limit', '__proto__', 'x'];

/**
 * Requests that no page of ours would make: unknown names, and params that do not fit their schemas. The same seed gives
 * the same ones. Every name of the contract comes in turn.
 */
export function listMalformedRequests(count: number, seed: number): [name: unknown, params: unknown][] {
  const random = new Random(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;
  const makeValue = (depth: number): unknown => {
    if (depth === 0 || random.next() < 0.4) return pick(ODD);
    if (random.next() < 0.2) return Array.from({ length: Math.floor(random.next() * 4) }, () => makeValue(depth - 1));
    // Through JSON, so that `__proto__` is a key like others.
    const entries = Array.from({ length: Math.floor(random.next() * 5) }, () => [pick(KEYS), makeValue(depth - 1)]);
    return JSON.parse(
      `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
    );
  };
  const made: [unknown, unknown][] = [];
  for (let i = 0; made.length < count; i++) {
    const name = NAMES[i % NAMES.length]!;
    const params = makeValue(3);
    if (i % 10 === 9) made.push([pick([`${name} `, name.toUpperCase(), `engine.${name}`, ...ODD]), params]);
    else if (![params, withoutPrototype(params)].some((value) => REQUESTS[name].params.safeParse(value).success))
      made.push([name, params]);
  }
  return made;
}

/** As it arrives where such a key sets the prototype. */
function withoutPrototype(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, part) => (key === '__proto__' ? undefined : part));
}
