/**
 * Orders names as people do (`class2` before `class10`) and the same everywhere: runs of ASCII digits by value, all
 * else by code point. Names that differ only in leading zeros are still told apart.
 */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(PIECES) ?? [];
  const right = b.match(PIECES) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePieces(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareCodePoints(a, b);
}

const PIECES = /[0-9]+|[^0-9]+/g;
const DIGITS = /^[0-9]/;

function comparePieces(a: string, b: string): number {
  if (!DIGITS.test(a) || !DIGITS.test(b)) return compareCodePoints(a, b);
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compareCodePoints(left, right);
}

/** By code point, not by UTF-16 unit, so that an emoji sorts after every basic letter. */
function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    const start = i > 0 && isHighSurrogate(a.charCodeAt(i - 1)) ? i - 1 : i;
    return a.codePointAt(start)! - b.codePointAt(start)!;
  }
  return a.length - b.length;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
