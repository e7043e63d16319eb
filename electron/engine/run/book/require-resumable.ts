import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '../../core/ids.ts';
import { type ReadableStore, requireReadable, runFolder, selectArtifacts } from '../../store/index.ts';
import { requireKnownVersion } from '../../train/index.ts';

/** Enough of a checkpoint to tell its version. */
const BEGINNING_BYTES = 16;

/**
 * Makes sure, before a run is taken up, that no newer Decant worked on it, so that nothing of it is overwritten.
 *
 * @throws DecantError `store.newer`
 */
export async function requireResumable({ db, home }: ReadableStore, id: RunId): Promise<void> {
  requireReadable(db, id);
  for (const { name, path } of selectArtifacts(db, id))
    if (name.endsWith('.bin')) requireKnownVersion(await readBeginning(join(runFolder(home, id), path)), `Run ${id}`);
}

/** Nothing of a file that cannot be read: whoever needs it says so. */
async function readBeginning(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(new Uint8Array(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array();
  }
}
