import type { DatasetInspection } from './inspection.ts';

/** Lines of a list that are printed before the rest is only counted. */
const SHOWN = 10;

/** An inspection as text for a terminal; what is wrong comes last, so that it stays in sight. */
export function formatInspection(inspection: DatasetInspection): string {
  return [
    formatHead(inspection),
    formatClasses(inspection),
    formatSizes(inspection),
    formatGroups('Files with the same content', inspection.duplicates),
    formatList('Not part of the dataset', inspection.ignored.map(formatReason)),
    formatList('Unreadable images', inspection.unreadable.map(formatReason)),
    formatList(
      'Classes with too few images',
      inspection.tooFew.map(({ name, images, wanted }) => `${name}: ${images}, at least ${wanted} are wanted`),
    ),
    formatGroups('Same content in more than one split (test figures would be flattered)', inspection.leaks),
    formatGroups('Same content in more than one class (at most one label is right)', inspection.conflicts),
    summarize(inspection),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function formatHead({ name, images, classes, splits, hasSplits, imbalance }: DatasetInspection): string {
  const parts = Object.entries(splits).map(([split, count]) => `${split} ${group(count)}`);
  return [
    `${name}: ${group(images)} images in ${classes.length} classes`,
    hasSplits ? `splits      ${parts.join(', ')}` : 'splits      none; a stratified split will be made',
    `imbalance   ${imbalance.toFixed(2)} (largest class / smallest)`,
  ].join('\n');
}

function formatClasses({ classes }: DatasetInspection): string {
  const names = [...new Set(classes.flatMap((entry) => Object.keys(entry.splits)))];
  const rows = [
    ['class', 'images', ...names],
    ...classes.map((entry) => [
      entry.name,
      group(entry.images),
      ...names.map((split) => group(entry.splits[split] ?? 0)),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.min(48, Math.max(...rows.map((row) => row[column]!.length))));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    )
    .join('\n');
}

function formatSizes({ sizes }: DatasetInspection): string {
  if (sizes.length === 0) return '';
  const most = Math.max(...sizes.map((bin) => bin.images));
  const rows = sizes.map(({ from, to, images }) => {
    const bar = '#'.repeat(Math.ceil((30 * images) / most));
    return `${String(from).padStart(6)} to ${String(to - 1).padEnd(6)} ${group(images).padStart(9)}  ${bar}`.trimEnd();
  });
  return ['Shorter side, pixels', ...rows].join('\n');
}

function formatGroups(title: string, groups: readonly (readonly string[])[]): string {
  return formatList(
    title,
    groups.map((paths) => paths.join(' = ')),
  );
}

function formatList(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const rest = lines.length > SHOWN ? [`  … and ${group(lines.length - SHOWN)} more`] : [];
  return [`${title}: ${group(lines.length)}`, ...lines.slice(0, SHOWN).map((line) => `  ${line}`), ...rest].join('\n');
}

function formatReason({ path, reason }: { path: string; reason: string }): string {
  return `${path}: ${reason}`;
}

function summarize({ unreadable, leaks, conflicts, tooFew }: DatasetInspection): string {
  const problems = unreadable.length + leaks.length + conflicts.length + tooFew.length;
  return problems === 0 ? 'No problems found.' : '';
}

/** 50000 as 50,000, in every locale. */
function group(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
