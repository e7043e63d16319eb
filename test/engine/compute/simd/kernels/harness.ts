import { afterAll, beforeAll, expect } from 'vitest';
import type { DepthwiseShape } from '../../../../../electron/engine/compute/simd/kernel-types.ts';
import { type SimdRuntime, startSimdRuntime } from '../../../../../electron/engine/compute/simd/runtime.ts';
import type { Random } from '../../../../../electron/engine/core/random.ts';

/** Arrays that a kernel reads, or writes when only a length is given; the latter start as NaN, so that a gap shows. */
export type Arrays<Names extends string> = Record<Names, Float32Array | number>;

/** What a kernel call left in its arrays, and what it returned. */
export type Results<Names extends string> = Record<Names, Float32Array>;

/** Values behind every array that no kernel may touch. */
const GUARD = 12345.678;
const GUARD_FLOATS = 16;

const runtimes: SimdRuntime[] = [];

/** In pairs with one thread and with two. */
const RUNTIMES = (['wide', 'relaxed', 'plain'] as const).flatMap((variant) =>
  [1, 2].map((threads) => ({ variant, threads })),
);

/** Starts the compiled variants, each with one thread and with two. To be called once in a test file. */
export function useRuntimes(): void {
  beforeAll(async () => {
    for (const options of RUNTIMES) runtimes.push(await startSimdRuntime(options));
  });
  afterAll(async () => {
    for (const runtime of runtimes) expect(runtime.statistics().blocks).toBeLessThanOrEqual(1); // Its workspace.
    await Promise.all(runtimes.splice(0).map((runtime) => runtime.stop()));
  });
}

/**
 * Calls a kernel in every variant; expects the same bits from one and two threads and from tiles of both widths, and
 * nothing written outside. Returns the results of the variants.
 */
export function runEverywhere<Names extends string>(
  arrays: Arrays<Names>,
  call: (runtime: SimdRuntime, offsets: Record<Names, number>) => void,
): Results<Names>[] {
  const all = runtimes.map((runtime) => runOnce(runtime, arrays, call));
  const variants: Results<Names>[] = [];
  for (let index = 0; index < all.length; index += 2) {
    const [one, two] = [all[index], all[index + 1]];
    if (one === undefined || two === undefined) throw new Error('useRuntimes was not called');
    for (const name of namesOf(arrays)) {
      if (!bytesOf(one[name]).equals(bytesOf(two[name]))) expect.fail(`${name}: 1 and 2 threads give other bits`);
    }
    variants.push(one);
  }
  const [wide, relaxed] = variants;
  for (const name of namesOf(arrays))
    if (wide && relaxed && !bytesOf(wide[name]).equals(bytesOf(relaxed[name])))
      expect.fail(`${name}: wide and narrow tiles give other bits`);
  return variants;
}

/** As `runEverywhere`, and expects `name` to be `reference` up to `tolerance` of the largest magnitude in it. */
export function expectEverywhere<Names extends string>(
  arrays: Arrays<Names>,
  call: (runtime: SimdRuntime, offsets: Record<Names, number>) => void,
  references: Partial<Record<Names, ArrayLike<number>>>,
  tolerance = 1e-5,
): void {
  for (const results of runEverywhere(arrays, call)) {
    for (const name of namesOf(arrays)) {
      const reference = references[name];
      if (reference !== undefined) expectClose(results[name], reference, tolerance, name);
    }
  }
}

export function expectClose(actual: ArrayLike<number>, reference: ArrayLike<number>, tolerance: number, what: string) {
  expect(actual.length, `${what}: length`).toBe(reference.length);
  let scale = 1e-3;
  for (let index = 0; index < reference.length; index++) scale = Math.max(scale, Math.abs(reference[index] ?? 0));
  for (let index = 0; index < reference.length; index++) {
    const difference = Math.abs((actual[index] ?? Number.NaN) - (reference[index] ?? 0));
    if (!(difference <= tolerance * scale))
      expect.fail(`${what}[${index}] is ${actual[index]}, not ${reference[index]} (scale ${scale})`);
  }
}

function runOnce<Names extends string>(
  runtime: SimdRuntime,
  arrays: Arrays<Names>,
  call: (runtime: SimdRuntime, offsets: Record<Names, number>) => void,
): Results<Names> {
  const lengthOf = (name: Names) => {
    const array = arrays[name];
    return typeof array === 'number' ? array : array.length;
  };
  const names = namesOf(arrays);
  const offsets = Object.fromEntries(
    names.map((name) => {
      const length = lengthOf(name);
      const offset = runtime.allocate((length + GUARD_FLOATS) * 4);
      const view = runtime.f32(offset, length + GUARD_FLOATS);
      const array = arrays[name];
      view.fill(GUARD);
      if (typeof array === 'number') view.fill(Number.NaN, 0, length);
      else view.set(array);
      return [name, offset];
    }),
  ) as Record<Names, number>; // One entry for every name.
  call(runtime, offsets);
  return Object.fromEntries(
    names.map((name) => {
      const length = lengthOf(name);
      const view = runtime.f32(offsets[name], length + GUARD_FLOATS);
      if (view.subarray(length).some((value) => value !== Math.fround(GUARD)))
        expect.fail(`${name}: written behind its end`);
      const result = view.slice(0, length);
      runtime.release(offsets[name]);
      return [name, new Float32Array(result)];
    }),
  ) as Results<Names>; // One entry for every name.
}

function namesOf<Names extends string>(arrays: Arrays<Names>): Names[] {
  return Object.keys(arrays) as Names[]; // Made with these keys.
}

const bytesOf = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Standard normal values. */
export function normals(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

/** The activations in double precision. */
export const ACTIVATION_REFERENCES = {
  none: (x: number) => x,
  relu: (x: number) => Math.max(0, x),
  relu6: (x: number) => Math.min(6, Math.max(0, x)),
  'hard-swish': (x: number) => (x * Math.min(6, Math.max(0, x + 3))) / 6,
  'hard-sigmoid': (x: number) => Math.min(6, Math.max(0, x + 3)) / 6,
};

/** Their derivatives. */
export const DERIVATIVE_REFERENCES = {
  none: () => 1,
  relu: (x: number) => (x > 0 ? 1 : 0),
  relu6: (x: number) => (x > 0 && x < 6 ? 1 : 0),
  'hard-swish': (x: number) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  'hard-sigmoid': (x: number) => (x > -3 && x < 3 ? 1 / 6 : 0),
};

/** A convolution without its channels. */
export type Window = Omit<DepthwiseShape, 'channels'>;

/** Calls back for every pair of an output pixel and an input pixel under its window: indices of pixels, and the tap. */
export function visit(shape: Window, visitor: (output: number, input: number, tap: number) => void): void {
  for (let b = 0; b < shape.batch; b++)
    for (let oy = 0; oy < shape.outHeight; oy++)
      for (let ox = 0; ox < shape.outWidth; ox++)
        for (let ky = 0; ky < shape.kernelHeight; ky++)
          for (let kx = 0; kx < shape.kernelWidth; kx++) {
            const iy = oy * shape.strideHeight - shape.padTop + ky;
            const ix = ox * shape.strideWidth - shape.padLeft + kx;
            if (iy < 0 || ix < 0 || iy >= shape.inHeight || ix >= shape.inWidth) continue;
            visitor(
              (b * shape.outHeight + oy) * shape.outWidth + ox,
              (b * shape.inHeight + iy) * shape.inWidth + ix,
              ky * shape.kernelWidth + kx,
            );
          }
}
