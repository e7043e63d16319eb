// Four f32 at a time.

/** Zeros that nobody writes, at the start of the memory: what a sum starts from that has no bias. */
export const ZEROS: usize = 1024;

/** Where `touch` puts what it read, so that the reads stay; 32 cache lines at the start of the memory. */
const SINK: usize = 1536;

/**
 * Reads every cache line of a stretch of memory as it lies, for thread `thread`: the processor fetches one strand ahead of
 * its use far better than many at once.
 */
export function touch(from: usize, bytes: usize, thread: i32): void {
  let seen = zero();
  for (let p = from; p < from + bytes; p += 64) seen = v128.or(seen, v128.load(p));
  v128.store(SINK + ((<usize>thread & 31) << 6), seen);
}

/** a · b + c, in one rounding where relaxed SIMD is compiled in. */
// @ts-ignore: decorator
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline export function zero(): v128 {
  return f32x4.splat(0);
}

/**
 * Stores eight neighbouring numbers. Where both halves were computed alike from neighbouring loads, without a store in
 * between, V8's revectorizer makes 256-bit instructions of them; the upper half goes first because that costs it less.
 */
// @ts-ignore: decorator
@inline export function storePair(target: usize, low: v128, high: v128): void {
  v128.store(target, high, 16);
  v128.store(target, low);
}

/** Stores the first `count` lanes; all when `count` is 4 or more. */
// @ts-ignore: decorator
@inline export function storeLanes(target: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(target, value);
  } else {
    storeSome(target, value, count);
  }
}

function storeSome(target: usize, value: v128, count: i32): void {
  if (count > 0) store<f32>(target, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(target, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(target, f32x4.extract_lane(value, 2), 8);
}

/** value held between low and high; NaN stays NaN. */
// @ts-ignore: decorator
@inline export function clamp(value: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(value, low), high);
}

export const NONE: i32 = 0;
export const RELU: i32 = 1;
export const RELU6: i32 = 2;
export const HARD_SWISH: i32 = 3;
export const HARD_SIGMOID: i32 = 4;

/** The activation of x; `kind` should be a constant where it is called in a loop. */
// @ts-ignore: decorator
@inline export function activate(kind: i32, x: v128): v128 {
  if (kind == RELU) return f32x4.pmax(x, zero());
  if (kind == RELU6) return clamp(x, zero(), f32x4.splat(6));
  if (kind == HARD_SWISH)
    return f32x4.mul(f32x4.mul(x, clamp(f32x4.add(x, f32x4.splat(3)), zero(), f32x4.splat(6))), f32x4.splat(1.0 / 6.0));
  if (kind == HARD_SIGMOID)
    return f32x4.mul(clamp(f32x4.add(x, f32x4.splat(3)), zero(), f32x4.splat(6)), f32x4.splat(1.0 / 6.0));
  return x;
}

/** dy times the derivative of the activation at x. */
// @ts-ignore: decorator
@inline export function activateBackward(kind: i32, x: v128, dy: v128): v128 {
  if (kind == RELU) return v128.and(dy, f32x4.gt(x, zero()));
  if (kind == RELU6) return v128.and(dy, v128.and(f32x4.gt(x, zero()), f32x4.lt(x, f32x4.splat(6))));
  if (kind == HARD_SWISH) {
    const inside = f32x4.mul(dy, f32x4.mul(f32x4.add(f32x4.add(x, x), f32x4.splat(3)), f32x4.splat(1.0 / 6.0)));
    const above = v128.bitselect(dy, inside, f32x4.ge(x, f32x4.splat(3)));
    return v128.andnot(above, f32x4.le(x, f32x4.splat(-3)));
  }
  if (kind == HARD_SIGMOID)
    return v128.and(
      f32x4.mul(dy, f32x4.splat(1.0 / 6.0)),
      v128.and(f32x4.gt(x, f32x4.splat(-3)), f32x4.lt(x, f32x4.splat(3))),
    );
  return dy;
}
