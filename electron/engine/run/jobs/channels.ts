import type { CompressOptions } from '../context/compress-options.ts';
import { decantVersion } from '../context/machine.ts';

/** Back ends that a job may ask for: by name, since each computes other bits. */
export type JobBackend = Exclude<CompressOptions['backend'], 'auto'>;

/**
 * The channel of jobs that this version computes on a back end. A worker takes from its own channel alone, so a job never meets a
 * worker that would compute other bits.
 */
export function channelOf(backend: string, version = decantVersion()): string {
  return `run/${version}/${backend}`;
}

/** Why a worker of this version and back end takes nothing from a channel; null where it does. */
export function explainDecline(channel: string, backend: JobBackend): string | null {
  const [kind, version, wanted] = channel.split('/');
  if (kind !== 'run' || version === undefined || wanted === undefined) return 'it does not know what they are';
  const own = decantVersion();
  if (version !== own) return `they are for Decant ${version}, and this is ${own}`;
  return wanted === backend ? null : `they are for ${wanted}, and this worker computes on ${backend} (--backend)`;
}
