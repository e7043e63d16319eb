import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporaryFiles, type WrittenFile, writeFileAtomically } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.ts';

const NAME = /^checkpoint-(\d{8})\.decant$/;
/** The newest may be damaged by a failing disk; the one before it is then still there. */
const KEPT = 2;

/**
 * Writes a checkpoint beside the earlier ones of its folder, atomically, and removes all but the last two.
 *
 * @throws DecantError `disk.full` or `output.unwritable`; the earlier ones are then all still there
 */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<WrittenFile> {
  const earlier = await listCheckpoints(folder);
  const number = (earlier[0]?.number ?? 0) + 1;
  const name = `checkpoint-${String(number).padStart(8, '0')}.decant`;
  const written = await writeFileAtomically(join(folder, name), encodeCheckpoint(checkpoint));
  await Promise.all(earlier.slice(KEPT - 1).map(({ path }) => rm(path, { force: true })));
  return written;
}

export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
  /** Why newer ones were passed over. */
  readonly rejected: readonly DecantError[];
}

/**
 * Reads the newest checkpoint of a folder that is whole; null when there is none at all. Removes temporary files of a
 * killed writer.
 *
 * @throws DecantError `checkpoint.unreadable` when there are some but none can be read
 */
export async function loadCheckpoint(folder: string): Promise<LoadedCheckpoint | null> {
  await removeTemporaryFiles(folder);
  const rejected: DecantError[] = [];
  for (const { path } of await listCheckpoints(folder)) {
    try {
      return { checkpoint: decodeCheckpoint(await readCheckpointFile(path), path), path, rejected };
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      rejected.push(error);
    }
  }
  if (rejected[0]) throw rejected[0];
  return null;
}

/** Checkpoints of a folder, newest first. A folder that does not exist has none. */
async function listCheckpoints(folder: string): Promise<{ path: string; number: number }[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number ? [{ path: join(folder, name), number: Number(number) }] : [];
    })
    .sort((a, b) => b.number - a.number);
}

async function readCheckpointFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // What node:fs throws carries one.
    throw new DecantError(
      'checkpoint.unreadable',
      `${path} cannot be read (${code}); it is left as it is and not used.`,
      { path, code },
      { cause: error },
    );
  }
}
