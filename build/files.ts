import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DIST = join(ROOT, 'dist');

/** The files at or below a path, relative to the repository, in order. */
export async function listFiles(path: string): Promise<string[]> {
  const start = join(ROOT, path);
  if ((await stat(start)).isFile()) return [path];
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|[/\\])locales[/\\]([.]wuchale[/\\]|data[.]js$)/.test(file)) // Written by the build.
    .sort();
}

/** Differs as soon as one of the files has another content, is added or removed. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of (await Promise.all(paths.map(listFiles))).flat()) {
    hash.update(`${path}\0`).update(await readFile(join(ROOT, path)));
  }
  return hash.digest('hex');
}
