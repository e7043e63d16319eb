import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '../../core/ids.ts';
import {
  type ReadableStore,
  readArtifact,
  requireReadable,
  requireUndamaged,
  runFolder,
  selectArtifacts,
} from '../../store/index.ts';
import { requireKnownVersion } from '../../train/index.ts';

/** Enough of a checkpoint to tell its version. */
const BEGINNING_BYTES = 16;

/**
 * Makes sure, before a run is taken up, that no newer Decant worked on it, so that nothing of it is overwritten.
 *
 * @throws DecantError `store.newer`; `store.unreadable` where its rows are not what was written
 */
export async function requireResumable(store: ReadableStore, id: RunId): Promise<void> {
  requireReadable(store.db, id);
  requireUndamaged(store, id);
  for (const { name, path } of selectArtifacts(store.db, id)) {
    if (!name.endsWith('.bin')) continue;
    try {
      requireKnownVersion(await readBeginning(join(runFolder(store.home, id), path)), `Run ${id}`);
    } catch (error) {
      // A damaged file may say anything; whoever needs it finds that out.
      if (await isWhole(store, id, name)) throw error;
    }
  }
}

/** Nothing of a file that cannot be read. */
async function readBeginning(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(new Uint8Array(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array();
  }
}

async function isWhole(store: ReadableStore, id: RunId, name: string): Promise<boolean> {
  return readArtifact(store, id, name).then(
    (content) => content !== null,
    () => false,
  );
}
