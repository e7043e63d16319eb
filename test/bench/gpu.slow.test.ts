import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { useSwiftShader } from '../engine/compute/backends.ts';

const SCRIPT = fileURLToPath(new URL('../../bench/gpu.ts', import.meta.url));
const LIMIT_MS = 400_000;

interface Summary {
  small: boolean;
  parts: { part: string; state: string; reason: string | null; results: Record<string, unknown>[] }[];
}

async function runSmall(...args: string[]): Promise<Summary> {
  const options = { maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--small', ...args], options).catch(
    // A part that failed is in what was printed.
    (error: Error & { stdout: string }) => error,
  );
  return JSON.parse(stdout);
}

it('measures every part on a small scale', { timeout: LIMIT_MS }, async (context) => {
  if (!useSwiftShader()) return context.skip("Debian's chromium, which carries SwiftShader, is not installed.");
  const { small, parts } = await runSmall('--peer', '/no/such/peer.py');
  expect(small).toBe(true);
  expect(parts.map(({ part, state }) => [part, state])).toEqual(
    ['self-test', 'steps', 'epoch', 'profile', 'tfjs-core'].map((part) => [part, 'passed']),
  );
  const [selfTest, steps, epoch, profile, tfjs] = parts;
  expect(selfTest!.results).toMatchObject([{ precision: 'f32' }, { precision: 'mixed' }]);
  expect(steps!.reason).toBe('PyTorch was not measured.');
  expect(steps!.results.map(({ precision, decant }) => [precision, Number(decant) > 0])).toEqual([
    ['f32', true],
    ['mixed', true],
  ]);
  expect(epoch!.results).toMatchObject([{ stage: 'teacher' }, { stage: 'warm-up' }]);
  for (const { device_ms } of profile!.results) expect(device_ms).toBeGreaterThan(0);
  expect(tfjs!.results).toMatchObject([{ failed: [], finished: true }]);
});

it('skips what the time is too short for', async (context) => {
  if (!useSwiftShader()) return context.skip("Debian's chromium, which carries SwiftShader, is not installed.");
  const { parts } = await runSmall('--parts', 'profile', '--budget', '5');
  expect(parts).toMatchObject([{ part: 'profile', state: 'skipped', results: [] }]);
  expect(parts[0]!.reason).toMatch(/^Only \d s were left/);
});
