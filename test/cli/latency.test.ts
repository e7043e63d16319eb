import { expect, it } from 'vitest';
import type { LatencyTableSummary } from '../../shared/run/latency-table.ts';
import { runFake } from './fake-engine.ts';

const TABLE: LatencyTableSummary = {
  name: 'this-tflite-fp32',
  device: 'this',
  machine: 'AMD EPYC, linux x64',
  format: 'tflite',
  precision: 'fp32',
  threads: 1,
  runtime: 'LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread',
  statistic: 'fastest',
  createdAt: '2026-11-30T10:00:00.000Z',
  measuredAt: '2026-11-30T10:05:00.000Z',
  pieces: 240,
  medianError: 0.031,
  networks: [
    {
      title: 'MobileNetV2, 64 × 64 pixels',
      pieces: 240,
      measuredAt: '2026-11-30T10:05:00.000Z',
      full: { macs: 97_922_048, predictedMs: 9.5, measuredMs: 10 },
      checks: [
        { macs: 40_000_000, predictedMs: 4.1, measuredMs: 4 },
        { macs: 30_000_000, predictedMs: 3.1, measuredMs: 3 },
        { macs: 20_000_000, predictedMs: 2, measuredMs: 2.2 },
      ],
      calibration: [],
    },
  ],
};
const spoken = (text: string): string => text.replaceAll('\u2009', ' ');

it('lists tables with their error', async () => {
  const { status, stdout, calls } = await runFake(['latency'], { listLatencyTables: async () => [TABLE] });
  expect(status).toBe(0);
  expect(calls.map(({ method }) => method)).toEqual(['listLatencyTables']);
  expect(spoken(stdout)).toMatch(
    /this-tflite-fp32 +this \(AMD EPYC, linux x64\) +LiteRT .* fp32 +240 +3\.1 % +2026-11-30/,
  );
  expect((await runFake(['latency', 'list'], { listLatencyTables: async () => [] })).stdout).toContain(
    '"decant latency measure" makes one',
  );
});

it('measures the student of a recipe on this machine', async () => {
  const measure = { measureLatency: async () => TABLE };
  const { status, stdout, calls } = await runFake(['latency', 'measure', '--set', 'data.inputSize=32'], measure);
  expect(status).toBe(0);
  expect(calls[0]!.options).toMatchObject({
    name: 'this-tflite-fp32',
    device: 'this',
    format: 'tflite',
    precision: 'fp32',
    threads: 1,
    rounds: 5,
    checks: 12,
    recipe: { data: { inputSize: 32 } },
  });
  expect(spoken(stdout)).toContain('uncut 10.0 ms, predicted 9.50 ms; 3 whole networks with random widths');
  expect(spoken(stdout)).toContain('median error 3.3 %, largest 9.1 %');
  expect(stdout).toContain('--set prune.latencyTable=this-tflite-fp32 --set prune.latencyMs=MILLISECONDS');
  const args = ['--device', 'laptop', '--runtime', 'onnx', '--precision', 'int8', '--threads', '4', '--checks', '0'];
  const other = await runFake(['latency', 'measure', ...args], measure);
  expect(other.calls[0]!.options).toMatchObject({ name: 'laptop-onnx-int8-4t', format: 'onnx', threads: 4, checks: 0 });
});

it('removes a table', async () => {
  const { status, stdout, calls } = await runFake(['latency', 'remove', 'x'], {
    forgetLatencyTable: async () => undefined,
  });
  expect([status, stdout]).toEqual([0, 'Removed the latency table x.\n']);
  expect(calls[0]!.options).toMatchObject({ name: 'x' });
});

it.each([
  ['latency frob', /The action of "latency" is "frob"; allowed: list, measure, remove/],
  ['latency remove', /needs the name of a table/],
  ['latency measure x', /"x" is one argument too many/],
  ['latency list --rounds 3', /--rounds has no meaning for "latency list"/],
  ['latency measure --runtime tfjs', /--runtime is "tfjs"; allowed: tflite, onnx/],
  ['latency measure --threads 2', /LiteRT computes with one thread here/],
  ['latency measure --device my/phone', /A table cannot be called "my\/phone-tflite-fp32"/],
  ['latency measure --rounds 0', /--rounds is "0"; allowed: a whole number from 1 to 50/],
  ['latency measure --set data.inputSize=x', /data\.inputSize/],
])('refuses %s in one line', async (line, reason) => {
  const { status, stderr, calls } = await runFake(line.split(' '));
  expect([status, calls]).toEqual([2, []]);
  expect(stderr).toMatch(reason);
});
