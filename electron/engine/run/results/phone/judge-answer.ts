import { randomBytes } from 'node:crypto';
import { EXPORT_FILES } from '../../../../../shared/run/export-files.ts';
import {
  ACCELERATOR_TITLES,
  type PhoneAnswer,
  type PhoneMeasurement,
  type PhoneResult,
} from '../../../../../shared/run/phone-measurement.ts';
import { cleanText } from '../../../../../shared/text/clean.ts';
import { formatPlural } from '../../../../../shared/text/format.ts';
import { shorten } from '../../../../../shared/text/shorten.ts';
import type { Clock } from '../../../core/clock.ts';
import { DecantError } from '../../../core/errors.ts';
// Not by way of the folder's index, which loads runtimes.
import { percentile } from '../../../measure/percentile.ts';
import type { PhoneFile, PhoneJob } from './phone-job.ts';

/** What runtimes are called in a browser, where that is not their own name. */
const IN_BROWSERS: Readonly<Partial<Record<PhoneFile['format'], string>>> = { onnx: 'ONNX Runtime Web' };
const LONGEST_DESCRIPTION = 300;

/**
 * Makes a measurement of what a phone sent: all figures are computed here. What it says of itself is only ever text.
 *
 * @param userAgent as its browser calls itself
 * @throws DecantError `usage.invalid` for guesses of other images or classes, or of files that it was not given
 */
export function judgeAnswer(
  job: PhoneJob,
  answer: PhoneAnswer,
  { userAgent, clock }: { userAgent: string; clock: Clock },
): PhoneMeasurement {
  const find = (index: number): PhoneFile => {
    const file = job.files[index];
    if (!file) throw refuse(`it tells of file ${index}, and was given ${job.files.length}`);
    return file;
  };
  return {
    id: randomBytes(8).toString('hex'),
    device: cleanText(answer.device),
    description: cleanText(shorten(userAgent, LONGEST_DESCRIPTION)).slice(0, LONGEST_DESCRIPTION),
    measuredAt: new Date(clock.now()).toISOString(),
    results: answer.results.map((result) => judgeResult(job, find(result.file), result)),
    failures: answer.failures.map(({ file, accelerator, reason }) => {
      const { format, precision } = find(file);
      return { format, precision, accelerator, reason: cleanText(reason) };
    }),
  };
}

function judgeResult(
  { labels, classes }: PhoneJob,
  { format, precision, sha256, guesses: own }: PhoneFile,
  { accelerator, version, threads, warmUp, perTiming, timesMs, guesses }: PhoneAnswer['results'][number],
): PhoneResult {
  if (guesses.length !== labels.length)
    throw refuse(`it classified ${guesses.length} images, and was given ${labels.length}`);
  if (guesses.some((guess) => guess >= classes)) throw refuse(`it names a class beyond the ${classes} there are`);
  const count = (truth: Int32Array): number => guesses.filter((guess, i) => guess === truth[i]).length;
  const latencyMs = { p50: percentile(timesMs, 0.5), p95: percentile(timesMs, 0.95) };
  // A clock that stands still would give infinitely many.
  if (latencyMs.p50 <= 0) throw refuse('its clock does not run');
  return {
    format,
    precision,
    sha256,
    accelerator,
    runtime: `${IN_BROWSERS[format] ?? EXPORT_FILES[format].runtime} ${version}, ${ACCELERATOR_TITLES[accelerator]}${accelerator === 'wasm' ? `, ${formatPlural(threads, 'thread')}` : ''}`,
    latencyMs,
    fps: 1000 / latencyMs.p50,
    timings: timesMs.length,
    warmUp,
    perTiming,
    images: guesses.length,
    top1: count(labels) / guesses.length,
    agreement: count(own) / guesses.length,
  };
}

function refuse(why: string): DecantError {
  return new DecantError('usage.invalid', `The phone’s results do not fit its task: ${why}.`);
}
