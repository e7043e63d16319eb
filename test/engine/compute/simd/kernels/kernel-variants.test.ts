import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseVariant } from '../../../../../electron/engine/compute/simd/kernel-variants.ts';
import { startSimdRuntime } from '../../../../../electron/engine/compute/simd/runtime.ts';

const onX64 = process.arch === 'x64';
const folder = join(import.meta.dirname, '../../../../../electron/engine');

/** Products, convolutions and sums of odd and even shapes, after the engine has optimized everything; their hash. */
const SCRIPT = `
  const { createHash } = await import('node:crypto');
  const { startSimdRuntime } = await import(${JSON.stringify(join(folder, 'compute/simd/runtime.ts'))});
  const { Random } = await import(${JSON.stringify(join(folder, 'core/random.ts'))});
  const [variant, vectorBits] = process.argv.slice(1);
  const runtime = await startSimdRuntime({ threads: 2, variant, vectorBits: Number(vectorBits) });
  const random = new Random('vectors');
  const hash = createHash('sha256');
  const [a, b, c, bias] = Array.from({ length: 4 }, () => runtime.allocate(4e5));
  for (const offset of [a, b, c, bias]) runtime.f32(offset, 1e5).forEach((_, i, view) => { view[i] = random.normal(); });
  for (let round = 0; round < 60; round++) {
    const shape = { m: 1 + random.integer(300), n: 1 + random.integer(60), k: 1 + random.integer(300) };
    const options = { transposeA: round % 2 === 0, transposeB: round % 3 === 0, accumulate: round % 4 === 0 };
    const activation = ['none', 'relu', 'relu6', 'hard-swish', 'hard-sigmoid'][round % 5];
    runtime.kernels.gemm({ a, b, c, bias: round % 2 ? bias : undefined, ...shape, ...options, activation });
    hash.update(runtime.u8(c, shape.m * shape.n * 4));
  }
  const window = { kernelHeight: 3, kernelWidth: 3, strideHeight: 2, strideWidth: 2, padTop: 1, padLeft: 1 };
  const size = { batch: 2, inHeight: 13, inWidth: 12, outHeight: 7, outWidth: 6 };
  for (const [inChannels, outChannels] of [[3, 16], [5, 24], [8, 33]]) {
    const shape = { ...size, ...window, inChannels, outChannels };
    runtime.kernels.conv2d(shape, { x: a, filter: b, y: c, bias, activation: 'relu6' });
    hash.update(runtime.u8(c, 2 * 42 * outChannels * 4));
    runtime.kernels.conv2dBackpropFilter(shape, { x: a, dy: b, dFilter: c });
    hash.update(runtime.u8(c, 9 * inChannels * outChannels * 4));
    runtime.kernels.conv2dBackpropInput(shape, { dy: a, filter: b, dx: c });
    hash.update(runtime.u8(c, 2 * 156 * inChannels * 4));
  }
  console.error(hash.digest('hex')); // The trace has the standard output to itself.
  await runtime.stop();
`;

/** Runs the script with kernels that are optimized when they are first called; the hash, and how many functions got 256-bit vectors. */
function runScript(variant: string, environment: NodeJS.ProcessEnv = {}) {
  const flags = ['--no-liftoff', ...(onX64 ? ['--trace-wasm-revectorize'] : [])];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '-e', SCRIPT, variant, '256'],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 28, env: { ...process.env, ...environment } },
  );
  expect(stderr).toMatch(/^[0-9a-f]{64}\n$/);
  const joined = stdout.split('Decide to vectorize').length - 1;
  return { hash: stderr.trim(), joined };
}

describe('the variants of the kernels', () => {
  it('give the same bits with vectors of 128 and 256 bits, and with tiles of both widths', () => {
    const wide = runScript('wide');
    const narrow = runScript('relaxed');
    const forbidden = runScript('wide', { DECANT_VECTOR_BITS: '128' });
    expect(narrow.hash).toBe(wide.hash);
    expect(forbidden.hash).toBe(wide.hash);
    expect(forbidden.joined).toBe(0);
    if (onX64) expect(wide.joined).toBeGreaterThan(3); // The tiles of 6 rows at least.
  });

  it('are chosen by measuring, and the plain ones without relaxed SIMD', async () => {
    expect(await chooseVariant({ relaxed: false, vectorBits: 256 })).toBe('plain');
    expect(['wide', 'relaxed']).toContain(await chooseVariant({ relaxed: true, vectorBits: 256 }));
    const runtime = await startSimdRuntime({ threads: 1 });
    expect(runtime.variant).toBe(await chooseVariant({ relaxed: true, vectorBits: 256 }));
    expect(runtime.relaxed).toBe(true);
    await runtime.stop();
  });
});
