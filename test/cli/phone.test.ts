import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { createPhoneMeasurement } from '../helpers/phone-measurement.ts';
import { runFake } from './fake-engine.ts';

it('has adb time files, and keeps what it found', async () => {
  const measurement = createPhoneMeasurement({ device: 'Pixel 8' });
  const args = ['phone', 'r', '--benchmark-model', 'tools/benchmark_model', '--device', 'A1', '--precision', 'int8'];
  const { status, stdout, calls } = await runFake(args, {
    benchmarkOnDevice: async () => measurement,
    keepPhoneMeasurement: async () => undefined,
  });
  expect(status).toBe(0);
  expect(stdout).toContain('Measured on 1 phone');
  expect(calls.map(({ method }) => method)).toEqual(['benchmarkOnDevice', 'keepPhoneMeasurement']);
  const binary = resolve('tools/benchmark_model');
  expect(calls[0]!.options).toMatchObject({ run: 'r', binary, serial: 'A1', precision: 'int8' });
  expect(calls[1]!.options).toMatchObject({ run: 'r', measurement });
  for (const more of ['--address=127.0.0.1', '--format=onnx'])
    expect((await runFake([...args, more])).stderr).toMatch(/has no meaning with --benchmark-model/);
  expect((await runFake(['phone', 'r', '--device', 'A1'])).stderr).toMatch(/--device needs --benchmark-model/);
});

it('lists the addresses of this computer where none is given, or a wrong one', async () => {
  const missing = await runFake(['phone', '1m8pcp2xkjqxmr']);
  expect(missing.status).toBe(2);
  expect(missing.stderr).toMatch(
    /^decant: --address is missing; this computer has .*127\.0\.0\.1 \(this computer only\)/,
  );
  const wrong = await runFake(['phone', '1m8pcp2xkjqxmr', '--address', '0.0.0.0']);
  expect(wrong.stderr).toMatch(/"0\.0\.0\.0" is no address of this computer/);
  expect(wrong.calls).toEqual([]);
  expect((await runFake(['phone', '--address', '127.0.0.1'])).status).toBe(2);
  expect((await runFake(['phone', 'r', '--address', '127.0.0.1', '--format', 'gguf'])).status).toBe(2);
});
