import { cleanText } from '../text/clean.ts';
import { formatMilliseconds, formatNumber, formatPlural, formatShare } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { findFormat } from './export-files.ts';
import { ACCELERATOR_TITLES, type PhoneMeasurement, type PhoneResult } from './phone-measurement.ts';

/** One line of what phones measured, in words. */
export interface PhoneRow {
  readonly key: string;
  readonly measurement: PhoneMeasurement;
  readonly device: string;
  readonly file: string;
  readonly runtime: string;
  readonly p50: string;
  readonly p95: string;
  readonly fps: string;
  readonly top1: string;
  readonly agreement: string;
}

/** A file as people say it: "TFLite int8". */
export function namePhoneFile({ format, precision }: { format: string; precision: string }): string {
  return `${findFormat(format)?.title ?? format} ${precision}`;
}

/** All results, by device, the fastest first; names are clean. */
export function listPhoneRows(measurements: readonly PhoneMeasurement[]): PhoneRow[] {
  return measurements.flatMap((measurement) =>
    measurement.results
      .toSorted((a, b) => a.latencyMs.p50 - b.latencyMs.p50)
      .map((result) => ({
        key: `${measurement.id} ${result.sha256} ${result.format} ${result.precision} ${result.accelerator}`,
        measurement,
        device: cleanText(measurement.device),
        file: cleanText(namePhoneFile(result)),
        runtime: cleanText(result.runtime),
        p50: formatMilliseconds(result.latencyMs.p50),
        p95: formatMilliseconds(result.latencyMs.p95),
        fps: formatNumber(result.fps),
        top1: formatShare(result.top1),
        agreement: formatShare(result.agreement),
      })),
  );
}

/** What did not work, a line each. */
export function listPhoneFailures(measurements: readonly PhoneMeasurement[]): string[] {
  return measurements.flatMap(({ device, failures }) =>
    failures.map(({ accelerator, reason, ...file }) =>
      cleanText(`${device}: ${namePhoneFile(file)} did not run with ${ACCELERATOR_TITLES[accelerator]}: ${reason}`),
    ),
  );
}

/** How it was measured, a sentence each. */
export function describePhoneConventions(measurements: readonly PhoneMeasurement[]): string[] {
  const all = measurements.flatMap((measurement) => measurement.results);
  const results = all.filter(({ accelerator }) => accelerator !== 'native');
  const native =
    all.length > results.length
      ? [
          'TFLite’s benchmark_model times a file outside of a browser, with 1 thread and random numbers as its input, so it tells nothing about accuracy.',
        ]
      : [];
  const range = (read: (result: PhoneResult) => number): string => {
    const values = results.map(read);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? String(least) : `${least} to ${most}`;
  };
  if (results.length === 0) return native;
  return [
    `Latency is of one image at a time in the phone’s browser, from pixels in memory to logits in memory: ${range(({ timings }) => timings)} timings after ${range(({ warmUp }) => warmUp)} inferences that are not timed. FPS is 1000 / p50.`,
    ...(results.some(({ perTiming }) => perTiming > 1)
      ? [
          `Where the browser’s clock is too coarse for one inference, several are timed together: ${range(({ perTiming }) => perTiming)} per timing.`,
        ]
      : []),
    `Top-1 is of ${range(({ images }) => images)} test images, which were prepared on this computer. “Agrees” is the share of them for which the phone and this computer give the same answer with the same file.`,
    ...native,
  ];
}

/** What phones measured, as text; empty where none did. */
export function formatPhones(measurements: readonly PhoneMeasurement[]): string {
  if (measurements.length === 0) return '';
  const figure = (title: string) => ({ title, align: 'right' }) as const;
  const table = formatTable(
    [
      { title: 'Device' },
      { title: 'File' },
      { title: 'Runtime' },
      figure('p50'),
      figure('p95'),
      figure('FPS'),
      figure('Top-1'),
      figure('Agrees'),
    ],
    listPhoneRows(measurements).map((row) => [
      row.device,
      row.file,
      row.runtime,
      row.p50,
      row.p95,
      row.fps,
      row.top1,
      row.agreement,
    ]),
  );
  const devices = formatPlural(measurements.length, 'phone');
  return [
    `Measured on ${devices}`,
    table,
    ...listPhoneFailures(measurements),
    ...describePhoneConventions(measurements),
  ].join('\n');
}
