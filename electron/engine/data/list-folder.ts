import type { Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DecantError } from '../core/errors.ts';
import { FileList } from './file-list.ts';
import { looksLikeImage } from './image-format.ts';
import { MAX_DEPTH, MAX_ENTRIES } from './limits.ts';
import { HIDDEN_FOLDER_REASON, hiddenFolderOf, isHiddenName, type Listing } from './listing.ts';
import { readFirmlyLater } from './read-failures.ts';

/** Entries of a hidden folder that are looked at for images. */
const LOOKED_AT = 1000;
/** Entries of a folder that are read, and looked at, at once. */
const AT_ONCE = 64;
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
  const files = new FileList(root);
  const listing: Listing = { files, folders: [], ignored: [] };
  const realRoot = await readFirmlyLater(root, () => realpath(root));
  const walk = async (folder: string, parents: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    if (parents.length > MAX_DEPTH) {
      listing.ignored.push({ path: folder, reason: `more than ${MAX_DEPTH} folders deep` });
      return;
    }
    // Links and folders are followed once the folder is read, so that no more than one is open at a time.
    const others: Dirent[] = [];
    const hidden: string[] = [];
    for await (const entries of readFolder(join(root, folder))) {
      const plain: string[] = [];
      for (const entry of entries) {
        if (entry.isDirectory() && isHiddenName(entry.name)) hidden.push(entry.name);
        if (isHiddenName(entry.name)) continue;
        if (entry.isFile()) plain.push(entry.name);
        else others.push(entry);
      }
      const found = await Promise.all(plain.map((name) => look(join(root, folder, name), (path) => stat(path), GONE)));
      for (const [i, name] of plain.entries()) add(below(folder, name), found[i]?.size);
      signal?.throwIfAborted();
    }
    for (const name of hidden) {
      const path = below(folder, name);
      if (hiddenFolderOf(`${path}/`) !== null && (await holdsImages(join(root, path))))
        listing.ignored.push({ path, reason: HIDDEN_FOLDER_REASON });
    }
    for (const entry of others) {
      const path = below(folder, entry.name);
      if (entry.isSymbolicLink()) await followLink(path, parents);
      else if (entry.isDirectory()) await enter(path, parents);
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
    if (files.length >= MAX_ENTRIES)
      throw new DecantError(
        'dataset.unsafe',
        `${root} contains more than ${MAX_ENTRIES} files; choose the folder of one dataset.`,
        { path: root },
      );
    files.push(path, bytes);
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

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** What is in a folder, some entries at a time: an object for each of thousands would take much memory at once. */
async function* readFolder(path: string): AsyncGenerator<Dirent[]> {
  const folder = await readFirmlyLater(path, () => opendir(path, { bufferSize: AT_ONCE }));
  try {
    for (;;) {
      const entries: Dirent[] = [];
      while (entries.length < AT_ONCE) {
        const entry = await readFirmlyLater(path, () => folder.read());
        if (!entry) break;
        entries.push(entry);
      }
      yield entries;
      if (entries.length < AT_ONCE) return;
    }
  } finally {
    await folder.close();
  }
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
