import { cleanText } from '../text/clean.ts';
import { formatCount, formatDuration, formatPlural, formatPointsOnly, formatShare } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import type { SweepPoint, SweepResult, SweepRun } from './sweep.ts';

/** Formats a sweep as a table, a line for each point, and says which of its runs failed and why. */
export function formatSweep({ dataset, points }: SweepResult): string {
  const keys = Object.keys(points[0]?.settings ?? {});
  const table = formatTable(
    [
      ...keys.map((title) => ({ title })),
      { title: 'Runs', align: 'right' as const },
      { title: 'Top-1 (test)', align: 'right' as const },
      { title: 'MACs', align: 'right' as const },
      { title: 'Time per run', align: 'right' as const },
    ],
    points.map((point) => [...keys.map((key) => point.settings[key] ?? ''), ...describePoint(point)]),
  );
  const failed = points.flatMap(({ settings, runs }) =>
    runs
      .filter(({ state }) => state === 'setAside')
      .map(({ seed, error }) => `Failed      ${cleanText(`${describeSettings(settings, seed)}: ${error}`)}`),
  );
  const runs = points.reduce((sum, point) => sum + point.runs.length, 0);
  const head = `${cleanText(dataset)}: ${formatPlural(points.length, 'point')}, ${formatPlural(runs, 'run')}`;
  return [head, '', table, ...(failed.length > 0 ? ['', ...failed] : [])].join('\n');
}

/** "prune.macs=0.5, seed 2". */
export function describeSettings(settings: Readonly<Record<string, string>>, seed: number): string {
  return [...Object.entries(settings).map(([key, value]) => `${key}=${value}`), `seed ${seed}`].join(', ');
}

function describePoint({ runs }: SweepPoint): string[] {
  const done = runs.filter(({ state }) => state === 'finished');
  const missing = done.length === runs.length ? '' : ` of ${runs.length}`;
  const values = (key: 'top1' | 'macs' | 'totalMs'): number[] => listNumbers(done, key);
  const [top1, macs, times] = [values('top1'), values('macs'), values('totalMs')];
  return [
    `${done.length}${missing}`,
    top1.length === 0 ? '–' : `${formatShare(mean(top1))}${describeSpread(top1)}`,
    macs.length === 0 ? '–' : formatCount(Math.round(mean(macs))),
    times.length === 0 ? '–' : formatDuration(mean(times)),
  ];
}

/** The standard deviation over seeds, in points; nothing of a single one. */
function describeSpread(values: readonly number[]): string {
  if (values.length < 2) return '';
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return ` ± ${formatPointsOnly(Math.sqrt(squares / (values.length - 1)))}`;
}

function listNumbers(runs: readonly SweepRun[], key: 'top1' | 'macs' | 'totalMs'): number[] {
  return runs.map((run) => run[key]).filter((value) => value !== null);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
