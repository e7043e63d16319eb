import type { Dirent } from 'node:fs';
import { opendir, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DecantError } from '../core/errors.ts';
import { looksLikeImage } from './image-format.ts';
import { MAX_DEPTH, MAX_ENTRIES } from './limits.ts';
import { HIDDEN_FOLDER_REASON, hiddenFolderOf, isHiddenName, type Listing } from './listing.ts';
import { readFirmlyLater } from './read-failures.ts';

/** Entries of a hidden folder that are looked at for images. */
const LOOKED_AT = 1000;
const GONE = new Set(['ENOENT']);
/** Failures that say that there is nothing at a path for us, and will say so again. */
const UNSEEN = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG']);

/**
 * Lists a folder and everything below it. A symbolic link is followed when it stays inside the folder and does not lead
 * to one of its own parents; any other is reported.
 *
 * @throws DecantError `dataset.unreadable` when something cannot be read, `dataset.unsafe` when there are far too many files
 */
export async function listFolder(root: string, signal?: AbortSignal): Promise<Listing> {
  const listing: Listing = { files: [], folders: [], ignored: [] };
  const realRoot = await readFirmlyLater(root, () => realpath(root));
  const walk = async (folder: string, parents: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    if (parents.length > MAX_DEPTH) {
      listing.ignored.push({ path: folder, reason: `more than ${MAX_DEPTH} folders deep` });
      return;
    }
    const entries = await readFolder(join(root, folder));
    const visible = entries.filter((entry) => !isHiddenName(entry.name));
    for (const { name } of entries.filter((entry) => entry.isDirectory() && isHiddenName(entry.name))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (hiddenFolderOf(`${path}/`) !== null && (await holdsImages(join(root, path))))
        listing.ignored.push({ path, reason: HIDDEN_FOLDER_REASON });
    }
    const sizes = new Map<string, number>();
    const plain = visible.filter((entry) => entry.isFile());
    for (let first = 0; first < plain.length; first += 64)
      await Promise.all(
        plain.slice(first, first + 64).map(async ({ name }) => {
          const found = await look(join(root, folder, name), (path) => stat(path), GONE);
          if (found) sizes.set(name, found.size);
        }),
      );
    for (const entry of visible) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) await followLink(path, parents);
      else if (entry.isDirectory()) await enter(path, parents);
      else if (entry.isFile()) add(path, sizes.get(entry.name));
      else listing.ignored.push({ path, reason: 'neither a file nor a folder' });
    }
  };
  const enter = async (path: string, parents: readonly string[]): Promise<void> => {
    listing.folders.push(path);
    const place = join(root, path);
    await walk(path, [...parents, await readFirmlyLater(place, () => realpath(place))]);
  };
  const followLink = async (path: string, parents: readonly string[]): Promise<void> => {
    const target = await look(join(root, path), (path) => realpath(path));
    const found = target === null ? null : await look(target, (path) => stat(path));
    if (target === null || found === null) listing.ignored.push({ path, reason: 'a broken or circular symbolic link' });
    else if (target !== realRoot && !target.startsWith(realRoot + sep))
      listing.ignored.push({ path, reason: 'a symbolic link to outside the dataset; it is not followed' });
    else if (target === realRoot || parents.some((parent) => parent === target || parent.startsWith(target + sep)))
      listing.ignored.push({ path, reason: 'a symbolic link to a folder that contains it' });
    else if (found.isDirectory()) await enter(path, parents);
    else if (found.isFile()) add(path, found.size);
  };
  const add = (path: string, bytes: number | undefined): void => {
    if (bytes === undefined) return; // Removed between listing and looking.
    if (listing.files.length >= MAX_ENTRIES)
      throw new DecantError(
        'dataset.unsafe',
        `${root} contains more than ${MAX_ENTRIES} files; choose the folder of one dataset.`,
        { path: root },
      );
    listing.files.push({ path, bytes, crc32: null, location: { kind: 'file', path: join(root, path), crc32: null } });
  };
  await walk('', [realRoot]);
  return listing;
}

/** Whether an image lies in a folder or below, as far as a first look tells. */
async function holdsImages(folder: string): Promise<boolean> {
  let looked = 0;
  try {
    for await (const entry of await opendir(folder, { recursive: true })) {
      if (entry.isFile() && looksLikeImage(entry.name) && !isHiddenName(entry.name)) return true;
      if (++looked >= LOOKED_AT) break;
    }
  } catch {
    // It may not be read: nothing is known of it.
  }
  return false;
}

function readFolder(path: string): Promise<Dirent[]> {
  return readFirmlyLater(path, () => readdir(path, { withFileTypes: true }));
}

/** What there is at a path; null where nothing is, or nothing that we may see. @throws DecantError `dataset.unreadable` */
function look<Found>(
  path: string,
  at: (path: string) => Promise<Found>,
  unseen: ReadonlySet<string> = UNSEEN,
): Promise<Found | null> {
  return readFirmlyLater(path, () =>
    at(path).catch((error: NodeJS.ErrnoException) => {
      if (unseen.has(error.code ?? '')) return null;
      throw error;
    }),
  );
}
