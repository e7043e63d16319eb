import type { ByteLocation } from './byte-location.ts';
import type { IgnoredEntry } from './dataset.ts';

/** A file as a folder or archive lists it. */
export interface ListedFile {
  /** Relative to the root, with forward slashes. */
  path: string;
  bytes: number;
  /** Known without reading in an archive, else null. */
  crc32: number | null;
  location: ByteLocation;
}

/** Files in no order. They may be very many: `at` may make an object whenever it is asked, so it is kept only where it is needed. */
export interface ListedFiles {
  readonly length: number;
  at(index: number): ListedFile | undefined;
}

/** What a folder or archive holds; hidden files and what macOS adds are left out. */
export interface Listing {
  files: ListedFiles;
  /** Paths of all folders, empty ones too. */
  folders: string[];
  ignored: IgnoredEntry[];
}

/** Whether a part of the path is hidden or is what an operating system leaves behind. */
export function isHidden(path: string): boolean {
  return path.split('/').some(isHiddenName);
}

/** As `isHidden`, of one name. */
export function isHiddenName(name: string): boolean {
  return name.startsWith('.') || CLUTTER.has(name.toLowerCase());
}

/** What is said of a hidden folder in which images lie: it may well have been meant as a class. */
export const HIDDEN_FOLDER_REASON = 'hidden because its name begins with a dot, but contains images; rename it';

/** Hidden folders that programs keep, pictures and all. */
const TOOLS = new Set(['.git', '.svn', '.hg', '.cache', '.thumbnails', '.ipynb_checkpoints', '.trash', '.trashes']);

/** The outermost folder of a path whose name begins with a dot; null where there is none, or below what systems leave. */
export function hiddenFolderOf(path: string): string | null {
  const folders = path.split('/').slice(0, -1);
  if (folders.some((name) => CLUTTER.has(name.toLowerCase()) || TOOLS.has(name.toLowerCase()))) return null;
  const first = folders.findIndex((name) => name.startsWith('.'));
  return first < 0 ? null : folders.slice(0, first + 1).join('/');
}

const CLUTTER = new Set([
  '__macosx',
  'thumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  '@eadir',
]);
