import { cleanText } from '../text/clean.ts';
import { formatNumber, formatPlural } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { adviseBalance } from './class-groups.ts';
import { adviseFewLabels, countLabels } from './few-labels.ts';
import type { DatasetInspection } from './inspection.ts';

/** The most lines of a list that are printed; the rest are only counted. */
const SHOWN = 10;

/** Formats an inspection for a terminal. Problems come last, so that they stay in view. */
export function formatInspection(inspection: DatasetInspection): string {
  const { unreadable, leaks, nearLeaks, conflicts, tooFew, unlabelled } = inspection;
  const problems = [unreadable, leaks, nearLeaks, conflicts, tooFew, unlabelled.leaks];
  const sound = problems.every(({ length }) => length === 0) && unlabelled.broken === 0;
  return [
    formatHead(inspection),
    formatClasses(inspection),
    formatSizes(inspection),
    formatList('Files with the same content', inspection.duplicates.map(joinPaths)),
    ...formatUnlabelled(unlabelled),
    formatList('Not part of the dataset', inspection.ignored.map(formatReason)),
    formatList('Unreadable images (skipped)', unreadable.map(formatReason)),
    formatList(
      'Classes with too few images',
      tooFew.map(({ name, images, wanted }) => `${name}: ${formatPlural(images, 'image')}, at least ${wanted} needed`),
    ),
    formatList('Same content in more than one split (makes test results look too good)', leaks.map(joinPaths)),
    formatList(
      'Looks the same in more than one split (if it is the same picture, test results look too good)',
      nearLeaks.map(joinPaths),
    ),
    formatList('Same content in more than one class (at most one label is correct)', conflicts.map(joinPaths)),
    sound ? 'No problems found.' : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function formatHead(inspection: DatasetInspection): string {
  const { name, images, classes, hasSplits, imbalance, unlabelled } = inspection;
  const others =
    unlabelled.images > 0 ? [`It also has ${formatPlural(unlabelled.images, 'image')} without labels.`] : [];
  const fewLabels = adviseFewLabels(countLabels(inspection));
  if (classes.length === 0)
    return [
      `${cleanText(name)}: ${formatPlural(unlabelled.images, 'image')} without labels`,
      'To train a classifier, add a folder with a few labelled images for each class.',
    ].join('\n');
  return [
    `${cleanText(name)}: ${formatPlural(images, 'image')} in ${formatPlural(classes.length, 'class', 'classes')}`,
    ...others,
    ...(hasSplits ? [] : ['It has no split folders, so a stratified split will be made.']),
    adviseBalance(classes.map(({ images }) => images)) ??
      `The largest class has ${formatNumber(imbalance, 3)} times as many images as the smallest.`,
    ...(fewLabels === null ? [] : [fewLabels]),
  ].join('\n');
}

/** What there is to say of images without labels. */
function formatUnlabelled(found: DatasetInspection['unlabelled']): string[] {
  const leaks = new Set(found.leaks.map(joinPaths));
  const others = [...found.copies, ...found.lookalikes].map(joinPaths).filter((line) => !leaks.has(line));
  return [
    found.repeated > 0 ? `Copies of other images without labels: ${found.repeated}` : '',
    formatList('Also among the images without labels', others),
    formatList('Unreadable images without labels (skipped)', found.unreadable.map(formatReason), found.broken),
    formatList(
      'Images of the validation or test split that are also among those without labels (left out of training)',
      [...leaks],
    ),
  ];
}

function formatClasses({ classes, splits, images }: DatasetInspection): string {
  if (classes.length === 0) return '';
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

function formatList(title: string, lines: readonly string[], count = lines.length): string {
  if (lines.length === 0) return '';
  const more = count > lines.length ? 'more' : 'more (--json lists all)';
  const shown = lines.slice(0, SHOWN);
  const rest = count > shown.length ? [`  … and ${count - shown.length} ${more}`] : [];
  return [`${title}: ${count}`, ...shown.map((line) => `  ${cleanText(line)}`), ...rest].join('\n');
}

function formatReason({ path, reason }: { path: string; reason: string }): string {
  return `${path}: ${reason}`;
}

function joinPaths(paths: readonly string[]): string {
  return paths.join(' = ');
}
