import { cleanText } from '../text/clean.ts';
import { formatNumber, formatPlural } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { adviseBalance } from './class-groups.ts';
import type { DatasetInspection } from './inspection.ts';

/** The most lines of a list that are printed; the rest are only counted. */
const SHOWN = 10;

/** Formats an inspection for a terminal. Problems come last, so that they stay in view. */
export function formatInspection(inspection: DatasetInspection): string {
  const { unreadable, leaks, conflicts, tooFew } = inspection;
  const sound = unreadable.length + leaks.length + conflicts.length + tooFew.length === 0;
  return [
    formatHead(inspection),
    formatClasses(inspection),
    formatSizes(inspection),
    formatList('Files with the same content', inspection.duplicates.map(joinPaths)),
    formatList('Not part of the dataset', inspection.ignored.map(formatReason)),
    formatList('Unreadable images (skipped)', unreadable.map(formatReason)),
    formatList(
      'Classes with too few images',
      tooFew.map(({ name, images, wanted }) => `${name}: ${formatPlural(images, 'image')}, at least ${wanted} needed`),
    ),
    formatList('Same content in more than one split (makes test results look too good)', leaks.map(joinPaths)),
    formatList('Same content in more than one class (at most one label is correct)', conflicts.map(joinPaths)),
    sound ? 'No problems found.' : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function formatHead({ name, images, classes, hasSplits, imbalance }: DatasetInspection): string {
  return [
    `${cleanText(name)}: ${formatPlural(images, 'image')} in ${formatPlural(classes.length, 'class', 'classes')}`,
    ...(hasSplits ? [] : ['It has no split folders, so a stratified split will be made.']),
    adviseBalance(classes.map(({ images }) => images)) ??
      `The largest class has ${formatNumber(imbalance, 3)} times as many images as the smallest.`,
  ].join('\n');
}

function formatClasses({ classes, splits, images }: DatasetInspection): string {
  const names = Object.keys(splits);
  return formatTable(
    [{ title: 'Class' }, ...['All', ...names].map((title) => ({ title, align: 'right' as const }))],
    [
      ...classes.map((row) => [row.name, ...[row.images, ...names.map((name) => row.splits[name] ?? 0)].map(String)]),
      ['All', ...[images, ...names.map((name) => splits[name] ?? 0)].map(String)],
    ],
  );
}

function formatSizes({ sizes }: DatasetInspection): string {
  if (sizes.length === 0) return '';
  const most = Math.max(...sizes.map((bin) => bin.images));
  return formatTable(
    [{ title: 'Shorter side, pixels' }, { title: 'Images', align: 'right' }, { title: '' }],
    sizes.map(({ from, to, images }) => [
      to - 1 === from ? String(from) : `${from} to ${to - 1}`,
      String(images),
      '█'.repeat(Math.ceil((30 * images) / Math.max(1, most))),
    ]),
  );
}

function formatList(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const rest = lines.length > SHOWN ? [`  … and ${lines.length - SHOWN} more (--json lists all)`] : [];
  return [`${title}: ${lines.length}`, ...lines.slice(0, SHOWN).map((line) => `  ${cleanText(line)}`), ...rest].join(
    '\n',
  );
}

function formatReason({ path, reason }: { path: string; reason: string }): string {
  return `${path}: ${reason}`;
}

function joinPaths(paths: readonly string[]): string {
  return paths.join(' = ');
}
