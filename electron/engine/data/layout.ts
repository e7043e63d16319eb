import { DecantError } from '../core/errors.ts';
import type { DatasetImage, IgnoredEntry, Split } from './dataset.ts';
import { looksLikeImage } from './image-format.ts';
import type { ListedFile, ListedFiles, Listing } from './listing.ts';
import { compareNaturally } from './natural-order.ts';
import { PackedImages } from './packed-images.ts';

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  train: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
};
const SPLIT_ORDER = { train: 0, validation: 1, test: 2 } as const;
/** Names of a folder whose images have no labels. */
const UNLABELLED = /^un[-_ ]?label{1,2}ed$/i;

export interface FoundImages {
  classes: string[];
  images: DatasetImage[];
  unlabelled: PackedImages;
  hasSplits: boolean;
  ignored: IgnoredEntry[];
  /** Wrapping folders that were stepped over, with a slash at the end; empty where there are none. */
  wrapping: {
    /** Around the class or split folders. */
    labelled: string;
    /** Around all of it. */
    all: string;
  };
}

/**
 * Reads classes and splits off the folders of a listing: `<class>/*` or `train|val|valid|validation|test/<class>/*`, with
 * any folders below a class, and with wrapping folders (as archives often have) stepped over. Class names are compared
 * in Unicode's composed form, so that a split packed on macOS joins one packed elsewhere. Beside the folders of classes or
 * splits, or in that of training, `unlabelled` holds images without labels; where there are no folders of classes, all
 * images are such.
 *
 * @throws DecantError `dataset.layout` when there are no images, `dataset.classes` when there is one class alone, or when a
 * class is missing from training
 */
export function readLayout(listing: Listing, root: string): FoundImages {
  const ignored = [...listing.ignored];
  const { files } = listing;
  /** Indices among the files, of which an object each would take much memory. */
  const images: number[] = [];
  for (let file = 0; file < files.length; file++) {
    const { path } = files.at(file)!;
    if (looksLikeImage(path)) images.push(file);
    else ignored.push({ path, reason: 'its name is not that of an image' });
  }
  const refused = ignored.find(({ path }) => looksLikeImage(path));
  if (images.length === 0)
    throw new DecantError(
      'dataset.layout',
      `${root} contains no images${refused ? ` that can be read (${refused.path}: ${refused.reason})` : ''}; put them into a folder for each class (JPEG, PNG, WebP or GIF).`,
      { path: root },
    );
  const pathOf = (file: number) => files.at(file)!.path;
  const all = findWrapping(images, pathOf, '');
  const isUnlabelled = (file: number) => isUnlabelledFolder(pathOf(file), all.length);
  const unlabelled = images.filter(isUnlabelled);
  const labelled = unlabelled.length === 0 ? images : images.filter((file) => !isUnlabelled(file));
  // Nobody sorted any: a class is a folder.
  if (labelled.every((file) => pathOf(file).indexOf('/', all.length) < 0))
    return {
      classes: [],
      images: [],
      unlabelled: packImages(files, images, root),
      hasSplits: false,
      ignored,
      wrapping: { labelled: all, all },
    };
  const prefix = findWrapping(labelled, pathOf, all);
  const sorted = labelled.map((file) => files.at(file)!);
  const folders = listing.folders.filter((folder) => folder.startsWith(prefix));
  const hasSplits = hasSplitFolders(sorted, prefix);
  const found: (Omit<DatasetImage, 'label'> & { className: string; order: string })[] = [];
  for (const [i, { path, bytes, location }] of sorted.entries()) {
    const parts = path.startsWith(prefix) ? path.slice(prefix.length).split('/') : [];
    const split = hasSplits ? splitOf(parts[0]) : null;
    if (hasSplits && split === null) {
      ignored.push({ path, reason: 'outside the split folders' });
      continue;
    }
    const className = parts[hasSplits ? 1 : 0]?.normalize('NFC');
    if (className === undefined || parts.length < (hasSplits ? 3 : 2)) {
      ignored.push({ path, reason: 'not in a class folder' });
      continue;
    }
    if (hasSplits && isUnlabelledName(className)) {
      if (split === 'train') unlabelled.push(labelled[i]!);
      else ignored.push({ path, reason: 'images without labels are for training, but this is another split' });
      continue;
    }
    found.push({ path, bytes, location, split, className, order: path.normalize('NFC') });
  }
  const classes = [...new Set(found.map((image) => image.className))].sort(compareNaturally);
  ignored.push(...findEmptyClasses(folders, prefix, hasSplits, listPaths([found, ignored], unlabelled, pathOf)));
  if (classes.length > 0 || unlabelled.length === 0) assertClasses(classes, found, hasSplits, root);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const ordered = found
    .map(({ className, order, ...image }) => ({ image: { ...image, label: labels.get(className)! }, order }))
    .sort(
      (a, b) =>
        splitRank(a.image.split) - splitRank(b.image.split) ||
        a.image.label - b.image.label ||
        compareNaturally(a.order, b.order) ||
        (a.image.path < b.image.path ? -1 : 1),
    );
  return {
    classes,
    images: ordered.map(({ image }) => image),
    unlabelled: packImages(files, unlabelled, root),
    hasSplits,
    ignored,
    wrapping: { labelled: prefix, all },
  };
}

/** Images without labels, in the order of their paths. */
function packImages(files: ListedFiles, images: readonly number[], root: string): PackedImages {
  const pathOf = (i: number) => files.at(images[i]!)!.path;
  const names = images.map((_, i) => pathOf(i).normalize('NFC'));
  const order = Uint32Array.from(images.keys()).sort(
    (a, b) => compareNaturally(names[a]!, names[b]!) || (pathOf(a) < pathOf(b) ? -1 : 1),
  );
  return new PackedImages(
    files,
    order.map((i) => images[i]!),
    root,
  );
}

function isUnlabelledName(name: string): boolean {
  return UNLABELLED.test(name);
}

/** Whether a path's folder that begins at this place is one for images without labels. */
function isUnlabelledFolder(path: string, start: number): boolean {
  const end = path.indexOf('/', start);
  return end >= 0 && isUnlabelledName(path.slice(start, end));
}

/**
 * Folders that hold everything and are no class: `flowers/` in `flowers/train/rose/1.jpg`. With a slash at the end.
 *
 * @param outer one that is known already
 */
function findWrapping(images: readonly number[], pathOf: (file: number) => string, outer: string): string {
  let prefix = outer;
  for (;;) {
    const first = pathOf(images[0]!).slice(prefix.length).split('/');
    const top = `${prefix}${first[0]}/`;
    const wraps =
      first.length > 2 &&
      splitOf(first[0]) === null &&
      !isUnlabelledName(first[0]!) &&
      images.every((file) => {
        const path = pathOf(file);
        return path.startsWith(top) && path.indexOf('/', top.length) > 0;
      });
    if (!wraps) return prefix;
    prefix = top;
  }
}

/** Whether all that is labelled lies in `train/<class>/` and the like. A class may still be called "test". */
function hasSplitFolders(images: readonly ListedFile[], prefix: string): boolean {
  const deep = new Set<string>();
  for (const { path } of images) {
    const parts = path.slice(prefix.length).split('/');
    const split = splitOf(parts[0]);
    if (split === null) continue;
    if (parts.length === 2) return false; // Images right inside: it is a class.
    deep.add(split);
  }
  return (
    deep.has('train') || (deep.size > 0 && images.every(({ path }) => splitOf(path.slice(prefix.length).split('/')[0])))
  );
}

function splitOf(name: string | undefined): Split | null {
  return SPLIT_NAMES[name?.toLowerCase() ?? ''] ?? null;
}

function splitRank(split: Split | null): number {
  return split === null ? 0 : SPLIT_ORDER[split];
}

/** One path after the other, since there may be very many. */
function* listPaths(
  known: readonly (readonly { path: string }[])[],
  files: readonly number[],
  pathOf: (file: number) => string,
): Generator<string> {
  for (const list of known) for (const { path } of list) yield path;
  for (const file of files) yield pathOf(file);
}

/** Folders that would be classes if they held anything. */
function findEmptyClasses(
  folders: readonly string[],
  prefix: string,
  hasSplits: boolean,
  paths: Iterable<string>,
): IgnoredEntry[] {
  const depth = hasSplits ? 2 : 1;
  const filled = new Set<string>();
  for (const path of paths) filled.add(path.slice(prefix.length).split('/').slice(0, depth).join('/'));
  return folders.flatMap((folder) => {
    const parts = folder.slice(prefix.length).split('/');
    if (parts.length !== depth || filled.has(parts.join('/'))) return [];
    if (hasSplits && splitOf(parts[0]) === null) return [];
    return [{ path: folder, reason: 'an empty folder; add images to it, or remove it' }];
  });
}

function assertClasses(
  classes: readonly string[],
  found: readonly { className: string; split: Split | null }[],
  hasSplits: boolean,
  root: string,
): void {
  if (classes.length === 0)
    throw new DecantError(
      'dataset.layout',
      `The images in ${root} are not sorted into folders; put them into a folder for each class.`,
      { path: root },
    );
  if (classes.length === 1)
    throw new DecantError(
      'dataset.classes',
      `${root} has only one class, "${classes[0]}"; a classifier needs at least two class folders.`,
      { path: root, classes },
    );
  if (!hasSplits) return;
  const trained = new Set(found.filter((image) => image.split === 'train').map((image) => image.className));
  const missing = classes.filter((name) => !trained.has(name));
  if (missing.length === classes.length)
    throw new DecantError(
      'dataset.layout',
      `${root} has split folders but none for training; add train/<class>/ with images.`,
      { path: root },
    );
  if (missing.length > 0)
    throw new DecantError(
      'dataset.classes',
      `Class "${missing[0]}" in ${root} has no training images${missing.length > 1 ? ` (nor do ${missing.length - 1} more)` : ''}; add some to train/ or remove it from the other splits.`,
      { path: root, missing },
    );
}
