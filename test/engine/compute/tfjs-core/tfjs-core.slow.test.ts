import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { useSwiftShader } from '../backends.ts';
import { EXCLUSIONS } from './exclusions.ts';

const SCRIPT = fileURLToPath(new URL('./run-suite.ts', import.meta.url));

interface SuiteResult {
  passed: number;
  failed: { name: string; message?: string }[];
  excluded: number;
}

async function runSuite(backend: string, only = ''): Promise<SuiteResult> {
  const options = { maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, backend, only], options).catch(
    // A suite with failures exits with 1 and has printed them all the same.
    (error: Error & { stdout: string }) => error,
  );
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

it("passes tfjs-core's own tests on simd", async () => {
  const { passed, failed, excluded } = await runSuite('simd');
  expect(failed).toEqual([]);
  // 4,227 on tfjs's own cpu back end, two of which tfjs keeps for that one.
  expect(passed + excluded).toBe(4225);
  expect(excluded).toBe(EXCLUSIONS.length);
});

it("passes those of tfjs-core's tests on webgpu that a network's step needs", async (context) => {
  if (!useSwiftShader()) return context.skip("Debian's chromium, which carries SwiftShader, is not installed.");
  const suites = ['conv2d', 'depthwiseConv2D', 'matmul', 'sum', 'mean', 'batchNorm', 'logSoftmax', 'addN', 'grad'];
  const { passed, failed } = await runSuite('webgpu', suites.map((suite) => `${suite} webgpu`).join('|'));
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThan(200);
});
