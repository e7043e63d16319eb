import { formatNumber, formatPlural } from '../text/format.ts';
import { cleanText, formatTable } from '../text/table.ts';
import type { DatasetInspection } from './inspection.ts';

/** Lines of a list that are printed before the rest is only counted. */
const SHOWN = 10;

/** What a dataset holds and what is wrong with it, as plain text for a terminal. */
export function formatInspection(inspection: DatasetInspection): string {
  const { name, images, classes, splits, imbalance } = inspection;
  const splitNames = Object.keys(splits);
  const largest = Math.max(1, ...inspection.sizes.map((size) => size.images));
  const blocks = [
    `${cleanText(name)}: ${formatPlural(images, 'image')} in ${formatPlural(classes.length, 'class', 'classes')}, largest class ${formatNumber(imbalance, 3)} × the smallest`,
    inspection.hasSplits ? '' : 'It has no folders for splits: a stratified split will be made.',
    formatTable(
      [
        { title: 'Class' },
        ...splitNames.map((title) => ({ title, align: 'right' as const })),
        { title: 'all', align: 'right' },
      ],
      [
        ...classes.map((row) => [
          row.name,
          ...splitNames.map((split) => String(row.splits[split] ?? 0)),
          String(row.images),
        ]),
        ['all', ...splitNames.map((split) => String(splits[split])), String(images)],
      ],
    ),
    formatTable(
      [{ title: 'Shorter side' }, { title: 'images', align: 'right' }, { title: '' }],
      inspection.sizes.map((size) => [
        `${size.from} to ${size.to - 1} pixels`,
        String(size.images),
        '█'.repeat(Math.max(size.images > 0 ? 1 : 0, Math.round((30 * size.images) / largest))),
      ]),
    ),
    formatList(
      'cannot be read and will be left out',
      inspection.unreadable.map(({ path, reason }) => `${path}: ${reason}`),
    ),
    formatList(
      'lie in more than one split, which flatters the test figure (same content)',
      inspection.leaks.map(joinPaths),
    ),
    formatList('carry more than one class (same content)', inspection.conflicts.map(joinPaths)),
    formatList('are there more than once (same content)', inspection.duplicates.map(joinPaths)),
    formatList(
      'have too few images',
      inspection.tooFew.map(
        (few) => `${few.name}: ${formatPlural(few.images, 'image')}, at least ${few.wanted} wanted`,
      ),
    ),
    formatList(
      'are no part of the dataset',
      inspection.ignored.map(({ path, reason }) => `${path}: ${reason}`),
    ),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function joinPaths(paths: readonly string[]): string {
  return paths.join(' = ');
}

function formatList(what: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const rest = lines.length > SHOWN ? [`  … and ${lines.length - SHOWN} more (all of them with --json)`] : [];
  return [`${lines.length} ${what}:`, ...lines.slice(0, SHOWN).map((line) => `  ${cleanText(line)}`), ...rest].join(
    '\n',
  );
}
