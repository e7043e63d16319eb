import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRunId } from '../../../../../electron/engine/core/ids.ts';
import { benchmarkOnDevice } from '../../../../../electron/engine/run/results/phone/benchmark-on-device.ts';
import { parseBenchmark } from '../../../../../electron/engine/run/results/phone/parse-benchmark.ts';
import * as store from '../../../../../electron/engine/store/index.ts';
import { phoneMeasurementSchema } from '../../../../../shared/run/phone-measurement.ts';
import { recipeSchema } from '../../../../../shared/run/recipe.ts';
import { createSampleReport } from '../../../../helpers/sample-report.ts';

const FIGURES = [
  'INFO: Loaded model /data/local/tmp/x/model.tflite',
  'INFO: count=20 first=9001 curr=8100 min=8000 max=9001 avg=8200 std=200 p5=8000 median=8150 p95=8900',
  'INFO: count=200 first=8101 curr=8001 min=7900 max=9100 avg=8050.5 std=90 p5=7950 median=8040 p95=8420',
  'INFO: Inference timings in us: Init: 12345, First inference: 9001, Warmup (avg): 8200, Inference (avg): 8050.5',
].join('\n');

/** Stands in for adb: notes what it is asked, and has one device, whose files lie in a folder here. */
const ADB = `#!/bin/sh
echo "$@" >> "$FAKE/asked"
[ "$1" = -s ] && shift 2
case "$1" in
  devices) cat "$FAKE/devices" ;;
  push) cp "$2" "$FAKE/device/$(basename "$3")" ;;
  shell)
    case "$2" in
      getprop) [ "$3" = ro.product.model ] && echo 'Pixel 8' || echo 14 ;;
      rm) rm -f "$FAKE"/device/* ;;
      */benchmark_model) [ -e "$FAKE/device/model.tflite" ] && cat "$FAKE/figures" || exit 1 ;;
    esac ;;
esac
`;

let folder: string;
let run: string;
const PATH = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-adb-'));
  for (const name of ['bin', 'device']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'bin', 'adb'), ADB);
  chmodSync(join(folder, 'bin', 'adb'), 0o755);
  writeFileSync(join(folder, 'devices'), 'List of devices attached\n0A1B2C\tdevice\nXYZ\tunauthorized\n');
  writeFileSync(join(folder, 'figures'), FIGURES);
  writeFileSync(join(folder, 'benchmark_model'), 'a program');
  process.env.PATH = [join(folder, 'bin'), PATH].join(delimiter);
  process.env.FAKE = folder;

  const file = join(folder, 'student int8.tflite');
  writeFileSync(file, 'a network');
  const opened = store.openStore(join(folder, 'home'));
  const id = createRunId(1e12, () => 0.5);
  run = id;
  const dataset = { name: 'roofs', path: '/roofs', fingerprint: 'f', classes: ['a', 'b'], images: 9 };
  const key = store.saveDataset(opened.db, dataset, 1);
  store.insertRun(opened.db, { id, dataset: key, recipe: recipeSchema.parse({}), state: 'stopped' }, 1e12);
  const report = createSampleReport();
  store.finishRun(opened.db, id, report, 2e12);
  const sha256 = createHash('sha256').update('a network').digest('hex');
  store.saveExport(opened.db, id, { ...report.exports[0]!, format: 'tflite', precision: 'int8', file, sha256 });
  opened.close();
});
afterEach(() => {
  process.env.PATH = PATH;
  delete process.env.FAKE;
  rmSync(folder, { recursive: true, force: true });
});

const benchmark = (changes: { binary?: string; serial?: string; precision?: string } = {}) =>
  benchmarkOnDevice({
    home: join(folder, 'home'),
    run,
    binary: join(folder, 'benchmark_model'),
    serial: null,
    precision: null,
    clock: { now: () => Date.UTC(2026, 10, 23), elapsedMs: () => 0 },
    signal: new AbortController().signal,
    ...changes,
  });
const readAsked = (): string[] => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');

it('pushes program and file, runs them, reads the figures, and leaves nothing on the device', async () => {
  const measurement = await benchmark();
  expect(phoneMeasurementSchema.parse(measurement)).toEqual(measurement);
  expect(measurement).toMatchObject({ device: 'Pixel 8', description: 'Android 14, by adb', failures: [] });
  expect(measurement.results).toMatchObject([
    {
      format: 'tflite',
      precision: 'int8',
      accelerator: 'native',
      latencyMs: { p50: 8.04, p95: 8.42 },
      timings: 200,
      top1: null,
      agreement: null,
    },
  ]);
  const asked = readAsked();
  const ran = asked.find((line) => line.includes('--graph='))!;
  expect(ran).toMatch(
    /^-s 0A1B2C shell (\/data\/local\/tmp\/decant-[0-9a-f]{12})\/benchmark_model --graph=\1\/model\.tflite --num_threads=1 --warmup_runs=20 --num_runs=200 --max_secs=10$/,
  );
  expect(asked.at(-1)).toMatch(/^-s 0A1B2C shell rm -rf \/data\/local\/tmp\/decant-[0-9a-f]{12}$/);
  expect(readdirSync(join(folder, 'device'))).toEqual([]);
});

it('keeps what the program says where it gives no figures', async () => {
  writeFileSync(join(folder, 'figures'), 'ERROR: Failed to apply delegate \u001b[31m.\n');
  const { results, failures } = await benchmark();
  expect(results).toEqual([]);
  expect(failures).toMatchObject([{ reason: expect.stringContaining('Failed to apply delegate \ufffd[31m') }]);
  expect(readAsked().at(-1)).toContain('rm -rf');
});

it('says what is missing, before anything is pushed', async () => {
  await expect(benchmark({ binary: '/nowhere/benchmark_model' })).rejects.toThrow(/benchmark_model is not there/);
  await expect(benchmark({ precision: 'fp16' })).rejects.toThrow(/has no such TFLite file/);
  await expect(benchmark({ serial: 'XYZ' })).rejects.toThrow(/No device XYZ .* \(there is: 0A1B2C\)/);
  writeFileSync(join(folder, 'devices'), 'List of devices attached\n');
  await expect(benchmark()).rejects.toThrow(/No Android device is connected/);
  writeFileSync(join(folder, 'devices'), 'List of devices attached\nA\tdevice\nB\tdevice\n');
  await expect(benchmark()).rejects.toThrow(/Several devices are connected \(A, B\); choose one with --device/);
  expect(readAsked().some((line) => line.includes('push'))).toBe(false);
  process.env.PATH = join(folder, 'device');
  await expect(benchmark()).rejects.toThrow(/adb is not on the PATH/);
});

it('refuses a file that has changed, and tidies up', async () => {
  writeFileSync(join(folder, 'student int8.tflite'), 'another');
  await expect(benchmark()).rejects.toMatchObject({ code: 'model.unreadable' });
  expect(readAsked().at(-1)).toContain('rm -rf');
  expect(existsSync(join(folder, 'device', 'benchmark_model'))).toBe(false);
});

it('reads figures of the run, not of the warm-up, and says why there are none', () => {
  expect(parseBenchmark(FIGURES)).toEqual({ latencyMs: { p50: 8.04, p95: 8.42 }, timings: 200 });
  expect(parseBenchmark('count=50 first=1 curr=1 min=1 max=2 avg=1.5 std=0')).toMatchObject({
    reason: expect.stringContaining('use a newer one'),
  });
  expect(parseBenchmark('')).toEqual({ reason: 'benchmark_model gave no figures.' });
  expect(parseBenchmark('count=9 median=0 p95=0')).toHaveProperty('reason');
  expect(parseBenchmark('sh: ./benchmark_model: not executable: 64-bit ELF file')).toMatchObject({
    reason: expect.stringContaining('not executable'),
  });
});
