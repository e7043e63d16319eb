import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNaturally } from '../../../electron/engine/data/natural-order.ts';

test.each([
  [
    ['class10', 'class2', 'class1'],
    ['class1', 'class2', 'class10'],
  ],
  [
    ['b', 'B', 'a', 'A'],
    ['A', 'B', 'a', 'b'],
  ],
  [
    ['é', 'z', 'e'],
    ['e', 'z', 'é'],
  ],
  [
    ['a01', 'a1', 'a001'],
    ['a001', 'a01', 'a1'],
  ],
  [
    ['x9', 'x', 'x10y', 'x10'],
    ['x', 'x9', 'x10', 'x10y'],
  ],
  [
    ['\u{1f600}', '\uffee', 'ä'],
    ['ä', '\uffee', '\u{1f600}'],
  ],
  [
    ['99999999999999999999', '100000000000000000000', '2'],
    ['2', '99999999999999999999', '100000000000000000000'],
  ],
])('%j is ordered as %j', (names, ordered) => {
  expect(names.toSorted(compareNaturally)).toEqual(ordered);
  expect(names.toReversed().toSorted(compareNaturally)).toEqual(ordered);
});

test('only the same name is equal', () => {
  expect(compareNaturally('a1', 'a1')).toBe(0);
  expect(compareNaturally('a1', 'a01')).not.toBe(0);
});

/** The order as it is described: by pieces, each an object of its own. */
function compareByPieces(a: string, b: string): number {
  const piecesOf = (text: string): string[] => text.match(/[0-9]+|[^0-9]+/g) ?? [];
  const [left, right] = [piecesOf(a), piecesOf(b)];
  const byCodePoints = (x: string, y: string) => {
    const pointsOf = (text: string) => Array.from(text, (character) => character.codePointAt(0)!);
    const [xs, ys] = [pointsOf(x), pointsOf(y)];
    const at = xs.findIndex((point, i) => point !== ys[i]);
    return at >= 0 && at < ys.length ? xs[at]! - ys[at]! : xs.length - ys.length;
  };
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    const numbers = /^[0-9]/.test(x) && /^[0-9]/.test(y);
    const order = numbers ? Number(BigInt(x) - BigInt(y)) : byCodePoints(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length || byCodePoints(a, b);
}

test('names are ordered as their pieces are', () => {
  const unit = fc.constantFrom('a', 'b', '0', '1', '9', '10', '/', '.', 'é', '\uffee', '\u{1f600}', '\u{1f601}');
  const name = fc.array(unit, { maxLength: 9 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(compareNaturally(a, b))).toBe(Math.sign(compareByPieces(a, b)));
    }),
    { numRuns: 3000, seed: 1 },
  );
});
