import { formatMilliseconds, formatPlural, formatShare } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { EXPORT_FILES } from './export-files.ts';
import { correctionOf, errorOf, type LatencyTableSummary, type MeasuredNetwork, medianOf } from './latency-table.ts';

/** All tables, in one row each. */
export function formatLatencyTables(tables: readonly LatencyTableSummary[]): string {
  if (tables.length === 0) return 'There is no latency table yet; "decant latency measure" makes one.';
  return formatTable(
    [
      { title: 'Table' },
      { title: 'Device' },
      { title: 'Runtime' },
      { title: 'Precision' },
      { title: 'Pieces', align: 'right' },
      { title: 'Median error', align: 'right' },
      { title: 'Measured' },
      { title: 'Networks' },
    ],
    tables.map(({ name, device, machine, runtime, precision, pieces, medianError, measuredAt, networks }) => [
      name,
      `${device} (${machine})`,
      runtime,
      precision,
      String(pieces),
      medianError === null ? '–' : formatShare(medianError),
      measuredAt.slice(0, 10),
      networks.map(({ title }) => title).join('; '),
    ]),
  );
}

/** A table that was just measured, with how well it predicts. */
export function formatMeasuredTable({ name, runtime, precision, pieces, networks }: LatencyTableSummary): string {
  const correction = correctionOf(networks);
  return [
    `Latency table ${name}: ${formatPlural(pieces, 'piece')}, ${runtime}, ${precision}`,
    ...(correction === 1
      ? []
      : [`  sums of pieces are multiplied by ${correction.toFixed(3)}, by other whole networks`]),
    ...networks.map((network) => `  ${network.title}: ${describeError(network, correction)}`),
    '',
    `To use it: --set prune.latencyTable=${name} --set prune.latencyMs=MILLISECONDS`,
  ].join('\n');
}

/** How well whole networks were predicted, in a phrase. */
export function describeError({ full, checks }: Pick<MeasuredNetwork, 'full' | 'checks'>, correction: number): string {
  const errors = checks.map((check) => errorOf(check, correction));
  const whole =
    full === null
      ? []
      : [
          `uncut ${formatMilliseconds(full.measuredMs)}, predicted ${formatMilliseconds(correction * full.predictedMs)}`,
        ];
  const median = medianOf(errors);
  if (median === null) return [...whole, 'predictions were not checked'].join('; ');
  const worst = Math.max(...errors);
  return [
    ...whole,
    `${formatPlural(checks.length, 'whole network')} with random widths: median error ${formatShare(median)}, largest ${formatShare(worst)}`,
  ].join('; ');
}

/** What runs a format's files, for lists to choose from. */
export function nameLatencyRuntime(format: LatencyTableSummary['format']): string {
  return EXPORT_FILES[format].title;
}
