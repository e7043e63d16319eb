import { setTimeout } from 'node:timers/promises';
import { DecantError } from '../core/errors.ts';

/** Failures that may be over in a moment: a disk or share that stumbles, a machine short of handles or memory. */
const PASSING = new Set(['EIO', 'EAGAIN', 'EBUSY', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESTALE', 'ETIMEDOUT']);
/** Before each further try. */
const WAITS_MS = [20, 100, 400];

/** What stands in the way, and what to do about it, by the code of the failure. */
const REASONS: Readonly<Record<string, { is: string; advice: string }>> = {
  ENOENT: { is: 'it no longer exists', advice: 'put it back, or read the dataset again' },
  EACCES: { is: 'permission is denied', advice: 'check its permissions' },
  EPERM: { is: 'permission is denied', advice: 'check its permissions' },
  EMFILE: { is: 'too many files are open', advice: 'close other programs and try again' },
  ENFILE: { is: 'too many files are open', advice: 'close other programs and try again' },
  ENOMEM: { is: 'memory is full', advice: 'close other programs and try again' },
  EIO: { is: 'the disk reports an error', advice: 'check the disk and try again' },
};

/**
 * Reads with functions of `node:fs` that wait; tries again for half a second where the failure may pass. For worker threads.
 *
 * @throws DecantError `dataset.unreadable` naming `path`
 */
export function readFirmly<Result>(path: string, read: () => Result): Result {
  for (const waitMs of [...WAITS_MS, null])
    try {
      return read();
    } catch (error) {
      if (waitMs === null || !mayPass(error)) throw describeReadFailure(path, error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
    }
  throw new Error('unreachable');
}

/** As `readFirmly`, with functions of `node:fs/promises`. */
export async function readFirmlyLater<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  for (const waitMs of [...WAITS_MS, null])
    try {
      return await read();
    } catch (error) {
      if (waitMs === null || !mayPass(error)) throw describeReadFailure(path, error);
      await setTimeout(waitMs);
    }
  throw new Error('unreachable');
}

/** One sentence about a file that cannot be read now, whatever it holds; what is not an error of the file system stays. */
function describeReadFailure(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof DecantError || code === undefined) return error;
  const { is, advice } = REASONS[code] ?? { is: code, advice: 'check the disk and try again' };
  return new DecantError(
    'dataset.unreadable',
    `${path} cannot be read: ${is}; ${advice}.`,
    { path, code },
    { cause: error },
  );
}

function mayPass(error: unknown): boolean {
  return PASSING.has(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code; // Errors of node:fs carry a code.
}
