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
