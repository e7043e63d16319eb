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

/** What a folder or archive holds; hidden files and what macOS adds are left out. */
export interface Listing {
  files: ListedFile[];
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

const CLUTTER = new Set([
  '__macosx',
  'thumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  '@eadir',
]);
