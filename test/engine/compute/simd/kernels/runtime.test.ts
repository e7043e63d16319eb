import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd, startSimdRuntime } from '../../../../../electron/engine/compute/simd/runtime.ts';
import { DecantError } from '../../../../../electron/engine/core/errors.ts';

const file = join(import.meta.dirname, '../../../../../electron/engine/compute/simd/runtime.ts');

describe('startSimdRuntime', () => {
  it('knows that Node has relaxed SIMD', () => expect(hasRelaxedSimd()).toBe(true));

  it('says how much memory is in use, and what to do when the limit is reached', async () => {
    const runtime = await startSimdRuntime({ threads: 1, maximumBytes: 64 * 2 ** 20 });
    const offset = runtime.allocate(40 * 2 ** 20);
    expect(runtime.statistics()).toMatchObject({ allocatedBytes: 40 * 2 ** 20, blocks: 1 });
    expect(() => runtime.allocate(30 * 2 ** 20)).toThrow(DecantError);
    expect(() => runtime.allocate(30 * 2 ** 20)).toThrow(/40 MiB are in use, 30 MiB more .* limit is 64 MiB/);
    expect(runtime.statistics()).toMatchObject({ allocatedBytes: 40 * 2 ** 20, blocks: 1 });
    runtime.release(offset);
    expect(() => runtime.release(offset)).toThrow(RangeError);
    expect(runtime.allocate(30 * 2 ** 20)).toBe(offset);
    await runtime.stop();
  });

  it('computes in memory above 2 GiB, also after it grew under the threads', async () => {
    const runtime = await startSimdRuntime({ threads: 2 });
    runtime.allocate(2 ** 31); // Not written to, so the system never has to find it.
    const length = 100_003;
    const offset = runtime.allocate(length * 4);
    expect(offset).toBeGreaterThan(2 ** 31);
    const view = runtime.f32(offset, length).fill(2);
    runtime.kernels.binary('multiply', offset, offset, offset, length);
    expect(view.every((value) => value === 4)).toBe(true);
    expect(runtime.kernels.sum(offset, length)).toBe(4 * length);
    await runtime.stop();
  });

  it('gives the same sums from three threads after ten thousand small jobs', async () => {
    const runtime = await startSimdRuntime({ threads: 3 });
    const length = 65_536 * 3;
    const offset = runtime.allocate(length * 4);
    runtime.kernels.fill(offset, length, 0);
    for (let round = 0; round < 10_000; round++) runtime.kernels.binaryScalar('add', offset, 1, offset, 32_769);
    const view = runtime.f32(offset, length);
    expect(view.subarray(0, 32_769).every((value) => value === 10_000)).toBe(true);
    expect(view[32_769]).toBe(0);
    await runtime.stop();
  });

  it('computes in the order of the calls where launches are pipelined', async () => {
    const runtime = await startSimdRuntime({ threads: 2, pipelined: true });
    const length = 50_001;
    const [a, b] = [runtime.allocate(length * 4), runtime.allocate(length * 4)];
    const views = [a, b].map((offset) => runtime.f32(offset, length));
    runtime.kernels.fill(a, length, 1);
    for (let round = 0; round < 2_000; round++) {
      // Large and small jobs, each of which needs what the one before left.
      runtime.kernels.binaryScalar('add', a, 1, b, length);
      runtime.kernels.binaryScalar('multiply', b, 2, a, 7);
      runtime.kernels.copy(b, a, length);
    }
    runtime.finish();
    for (const view of views) expect(view.every((value) => value === 2_001)).toBe(true);
    runtime.kernels.fill(a, length, 3);
    expect(runtime.kernels.sum(a, length)).toBe(3 * length);
    runtime.kernels.fill(b, length, 4);
    expect(runtime.f32(b, length).every((value) => value === 4)).toBe(true);
    runtime.kernels.fill(b, length, 5);
    await runtime.stop();
    expect(views[1]!.every((value) => value === 5)).toBe(true);
  });

  it('computes alone, in memory of its own, where threads cannot share it', async () => {
    const runtime = await startSimdRuntime({ threads: 4, shared: false, pipelined: true, maximumBytes: 64 * 2 ** 20 });
    expect(runtime.threads).toBe(1);
    const length = 100_003;
    const offset = runtime.allocate(length * 4);
    const view = runtime.f32(offset, length).fill(2);
    expect(view.buffer).toBeInstanceOf(ArrayBuffer);
    // Views stay valid to the last byte that can be had.
    const rest = runtime.allocate(60 * 2 ** 20);
    expect(() => runtime.allocate(8 * 2 ** 20)).toThrow(/limit is 64 MiB/);
    runtime.kernels.fill(rest, 15 * 2 ** 20, 1);
    runtime.kernels.binary('multiply', offset, offset, offset, length);
    expect(view.every((value) => value === 4)).toBe(true);
    expect(runtime.kernels.sum(rest, 15 * 2 ** 20)).toBe(15 * 2 ** 20);
    expect(runtime.holds(view)).toBe(true);
    expect(runtime.holds(new Float32Array(1))).toBe(false);
    await runtime.stop();
  });

  it('does not keep a process alive that never stops it', () => {
    const script = `
      const { startSimdRuntime } = await import(${JSON.stringify(file)});
      const runtime = await startSimdRuntime({ threads: 2 });
      const offset = runtime.allocate(1 << 22);
      runtime.kernels.fill(offset, 1 << 20, 1);
      console.log(runtime.kernels.sum(offset, 1 << 20));
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(child.stderr).toBe('');
    expect(child.stdout).toBe(`${2 ** 20}\n`);
    expect(child.status).toBe(0);
  });
});
