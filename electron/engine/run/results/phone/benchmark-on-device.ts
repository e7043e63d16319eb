import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RunListener } from '../../../../../shared/run/events.ts';
import { LONGEST_DEVICE, PHONE_TIMING, type PhoneMeasurement } from '../../../../../shared/run/phone-measurement.ts';
import { namePhoneFile } from '../../../../../shared/run/phone-text.ts';
import { cleanText } from '../../../../../shared/text/clean.ts';
import { shorten } from '../../../../../shared/text/shorten.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { DecantError } from '../../../core/errors.ts';
import { openRun } from '../../book/runs.ts';
import { parseBenchmark } from './parse-benchmark.ts';
import { listPhoneExports, type PhoneExport } from './phone-exports.ts';

export interface BenchmarkOptions {
  readonly home: string;
  readonly run: string;
  /** Path of TFLite's `benchmark_model` for the device's processor. */
  readonly binary: string;
  /** As `adb devices` calls the device; null: the only one. */
  readonly serial: string | null;
  /** Only the file of this precision; null: all TFLite files. */
  readonly precision: string | null;
  readonly clock?: Clock;
  readonly listener?: RunListener;
  readonly signal: AbortSignal;
}

/** Longest that one command of adb may take. */
const LONGEST_MS = 5 * 60_000;
const MOST_OUTPUT_BYTES = 4_000_000;

type Adb = (...args: string[]) => Promise<string>;

/**
 * Times a run's TFLite files on an Android device in TFLite itself: `benchmark_model` is pushed there with each file, run, and
 * removed again. It feeds random numbers, so nothing is known of accuracy.
 *
 * @throws DecantError `usage.invalid` where there is no adb, device, program or file; `model.unreadable` for a file that has
 *   changed; the signal's reason
 */
export async function benchmarkOnDevice(options: BenchmarkOptions): Promise<PhoneMeasurement> {
  const { binary, precision, signal, clock = systemClock, listener = () => undefined } = options;
  const files = findFiles(options, precision);
  if (!existsSync(binary))
    throw new DecantError('usage.invalid', `${binary} is not there; name TFLite’s benchmark_model for the phone.`, {
      binary,
    });
  const plain = openAdb(null, signal);
  const serial = chooseDevice(await plain('devices'), options.serial);
  const adb = openAdb(serial, signal);
  const model = (await adb('shell', 'getprop', 'ro.product.model')).trim() || serial;
  const release = (await adb('shell', 'getprop', 'ro.build.version.release')).trim();
  const folder = `/data/local/tmp/decant-${randomBytes(6).toString('hex')}`;
  const measurement: PhoneMeasurement = {
    id: randomBytes(8).toString('hex'),
    device: cleanText(shorten(model, LONGEST_DEVICE)).slice(0, LONGEST_DEVICE),
    description: cleanText(shorten(`Android ${release}, by adb`, 300)),
    measuredAt: new Date(clock.now()).toISOString(),
    results: [],
    failures: [],
  };
  try {
    await adb('shell', 'mkdir', folder);
    await adb('push', binary, `${folder}/benchmark_model`);
    await adb('shell', 'chmod', '755', `${folder}/benchmark_model`);
    for (const file of files) {
      listener({ type: 'note.added', message: `Measuring ${namePhoneFile(file)} on ${measurement.device}` });
      await timeFile(file, { adb, folder, measurement });
    }
  } finally {
    // Also after a stop: nothing stays on the device.
    await openAdb(serial, AbortSignal.timeout(LONGEST_MS))('shell', 'rm', '-rf', folder).catch(() => undefined);
  }
  return measurement;
}

async function timeFile(
  { path, format, precision, sha256 }: PhoneExport,
  { adb, folder, measurement }: { adb: Adb; folder: string; measurement: PhoneMeasurement },
): Promise<void> {
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new DecantError('model.unreadable', `${path} has changed since it was exported; export it again.`, { path });
  await adb('push', path, `${folder}/model.tflite`);
  const { warmUp, runs, limitMs } = PHONE_TIMING;
  const said = await adb(
    'shell',
    `${folder}/benchmark_model`,
    `--graph=${folder}/model.tflite`,
    '--num_threads=1',
    `--warmup_runs=${warmUp}`,
    `--num_runs=${runs}`,
    `--max_secs=${limitMs / 1000}`,
  );
  const found = parseBenchmark(said);
  if ('reason' in found) {
    measurement.failures.push({
      format,
      precision,
      accelerator: 'native',
      reason: cleanText(shorten(found.reason, 300)),
    });
    return;
  }
  measurement.results.push({
    format,
    precision,
    sha256,
    accelerator: 'native',
    runtime: 'TFLite benchmark_model, 1 thread',
    latencyMs: found.latencyMs,
    fps: 1000 / found.latencyMs.p50,
    timings: found.timings,
    warmUp,
    perTiming: 1,
    images: 0,
    top1: null,
    agreement: null,
  });
}

function findFiles({ home, run }: BenchmarkOptions, precision: string | null): PhoneExport[] {
  const { store } = openRun(home, run);
  try {
    const files = listPhoneExports(store, run).filter(
      (file) => file.format === 'tflite' && file.problem === null && (precision ?? file.precision) === file.precision,
    );
    if (files.length > 0) return files;
    throw new DecantError('usage.invalid', `Run ${run} has no such TFLite file; export one first.`, { run });
  } finally {
    store.close();
  }
}

/** Runs adb with arguments and gives what it says. */
function openAdb(serial: string | null, signal: AbortSignal): Adb {
  return (...args) =>
    new Promise((resolve, reject) => {
      const all = serial === null ? args : ['-s', serial, ...args];
      const settings = { signal, timeout: LONGEST_MS, maxBuffer: MOST_OUTPUT_BYTES };
      execFile('adb', all, settings, (error, stdout, stderr) => {
        if (!error) return resolve(`${stdout}\n${stderr}`);
        if (signal.aborted) return reject(signal.reason);
        const missing = error.code === ('ENOENT' as unknown);
        const what = missing
          ? 'adb is not on the PATH; install Android’s platform tools.'
          : `adb ${args[0]} failed: ${cleanText(shorten(stderr.trim() || error.message, 300))}`;
        reject(new DecantError('usage.invalid', what, { args }, { cause: error }));
      });
    });
}

function chooseDevice(listing: string, wanted: string | null): string {
  const serials = [...listing.matchAll(/^(\S+)\tdevice$/gm)].map(([, serial]) => serial!);
  if (wanted !== null && serials.includes(wanted)) return wanted;
  const [only, ...others] = serials;
  if (wanted === null && only !== undefined && others.length === 0) return only;
  const list = serials.length === 0 ? 'none' : serials.join(', ');
  throw new DecantError(
    'usage.invalid',
    wanted === null && serials.length > 1
      ? `Several devices are connected (${list}); choose one with --device.`
      : `${wanted === null ? 'No Android device' : `No device ${wanted}`} is connected with USB debugging allowed (there is: ${list}).`,
    { serials },
  );
}
