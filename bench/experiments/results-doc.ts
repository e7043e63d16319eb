import { formatDuration, formatPlural, formatPoints, formatShare } from '../../shared/text/format.ts';
import { spreadOf } from '../comparison.ts';
import type { Experiment, Figure } from './experiment.ts';
import type { Cell } from './ledger.ts';
import { countWanted, listWanted } from './rounds.ts';

/** 97.5 % points of Student's t distribution, by degrees of freedom from 1. */
const T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** An experiment's section of `docs/results.md`: its protocol, its table, and what it was computed with. */
export function renderResults(name: string, experiment: Experiment, all: readonly Cell[]): string {
  const cells = all.filter(({ arm }) => experiment.arms.some((each) => each.name === arm));
  const wanted = listWanted(experiment, cells);
  const isDone = (arm: string, seed: number) => cells.some((cell) => cell.arm === arm && cell.seed === seed);
  const missing = wanted.some(({ arm, seed }) => !isDone(arm.name, seed));
  const figures = Object.entries(experiment.figures);
  const reference = experiment.arms.find((arm) => arm.name === experiment.reference)!; // Experiments name one of their arms.
  const head = [
    'arm',
    'seeds',
    ...figures.flatMap(([, { title, compared }]) => (compared ? [title, `${title} − ${reference.name}`] : [title])),
    'time',
  ];
  const rows = experiment.arms.flatMap(({ name: arm, title }) => {
    const own = cells.filter((cell) => cell.arm === arm);
    if (own.length === 0) return [];
    return [
      [
        `${title} (\`${arm}\`)`,
        String(own.length),
        ...figures.flatMap(([key, figure]) => {
          const mean = describeMean(own, key, figure);
          return figure.compared ? [mean, describeDifference(own, cells, { key, reference: reference.name })] : [mean];
        }),
        formatDuration(spreadOf(own.map(({ elapsedMs }) => elapsedMs)).mean),
      ],
    ];
  });
  const teachers = cells.flatMap(({ teacherTop1 }) => teacherTop1 ?? []);
  const totalMs = cells.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  return [
    `## ${experiment.title}`,
    ...experiment.protocol,
    ...(missing
      ? [
          `Not complete: ${cells.length} of ${countWanted(experiment, cells)} runs are done, and nothing is concluded from one seed.`,
        ]
      : []),
    tableOf(head, rows),
    `Means ± standard deviations over seeds; differences are taken seed by seed, with their 95 % interval (Student’s t). Teacher: ${describeTeachers(teachers)}. ${formatPlural(cells.length, 'run')}, ${formatDuration(totalMs)} in all, on ${listOnce(cells.map(({ machine }) => machine))}; commit ${listOnce(cells.map(({ commit }) => commit))}. Again: \`npm run experiment -- ${name}\`.`,
  ].join('\n\n');
}

function describeMean(cells: readonly Cell[], key: string, { format, compared }: Figure): string {
  const values = cells.flatMap(({ figures }) => figures[key] ?? []);
  if (values.length === 0) return '–';
  const { mean, deviation } = spreadOf(values);
  return deviation === null || !compared ? format(mean) : `${format(mean)} ± ${(100 * deviation).toFixed(1)}`;
}

/** The mean of the differences from the reference with the same seed, in points, and half of its interval. */
function describeDifference(
  own: readonly Cell[],
  cells: readonly Cell[],
  { key, reference }: { key: string; reference: string },
): string {
  if (own[0]!.arm === reference) return '';
  const differences = own.flatMap(({ seed, figures }) => {
    const other = cells.find((cell) => cell.arm === reference && cell.seed === seed)?.figures[key];
    const value = figures[key];
    return value == null || other == null ? [] : [value - other];
  });
  if (differences.length === 0) return '–';
  const { mean, deviation } = spreadOf(differences);
  if (deviation === null) return formatPoints(mean);
  const count = differences.length;
  const half = ((T_975[count - 2] ?? 2) * deviation) / Math.sqrt(count);
  return `${formatPoints(mean)} ± ${(100 * half).toFixed(1)}`;
}

function describeTeachers(top1: readonly number[]): string {
  if (top1.length === 0) return 'none';
  const [least, most] = [Math.min(...top1), Math.max(...top1)].map(formatShare);
  return least === most ? `${most} top-1` : `${least} to ${most} top-1`;
}

function listOnce(texts: readonly string[]): string {
  return [...new Set(texts)].join(', ');
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
