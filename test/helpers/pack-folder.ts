import { createWriteStream, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

/** Writes a .zip of a folder's files. */
export async function packFolder(folder: string, archive: string): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) zip.addFile(path, relative(folder, path).replaceAll('\\', '/'));
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(archive));
}
