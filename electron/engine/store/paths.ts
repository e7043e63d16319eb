import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';

/** What decides where the home is. */
export interface HomeSurroundings {
  env?: Readonly<Record<string, string | undefined>>;
  platform?: NodeJS.Platform;
  homeDirectory?: string;
}

/**
 * The folder that holds store, runs and cache: as asked, else `DECANT_HOME`, else the platform's place for a program's
 * data (`XDG_DATA_HOME` or `~/.local/share`, `~/Library/Application Support`, `%LOCALAPPDATA%`). Absolute.
 */
export function resolveHome(
  asked: string | undefined,
  { env = process.env, platform = process.platform, homeDirectory = homedir() }: HomeSurroundings = {},
): string {
  const chosen = asked ?? nonEmpty(env.DECANT_HOME);
  if (chosen !== undefined) return resolve(chosen);
  if (platform === 'win32')
    return join(nonEmpty(env.LOCALAPPDATA) ?? join(homeDirectory, 'AppData', 'Local'), 'Decant');
  if (platform === 'darwin') return join(homeDirectory, 'Library', 'Application Support', 'Decant');
  return join(nonEmpty(env.XDG_DATA_HOME) ?? join(homeDirectory, '.local', 'share'), 'decant');
}

/**
 * A home that is not there yet will be made; a file in its place is not one without runs.
 *
 * @throws DecantError `home.unusable`
 */
export function assertHome(home: string): void {
  const found = statSync(home, { throwIfNoEntry: false });
  if (found && !found.isDirectory())
    throw new DecantError('home.unusable', `The home ${home} is a file, not a folder; choose another place.`, { home });
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

export function storePath(home: string): string {
  return join(home, 'decant.sqlite');
}

export function runsFolder(home: string): string {
  return join(home, 'runs');
}

export function runFolder(home: string, run: RunId): string {
  return join(runsFolder(home), run);
}

export function cacheFolder(home: string): string {
  return join(home, 'cache');
}

/** Where copies of the store are kept from before it was migrated. */
export function backupsFolder(home: string): string {
  return join(home, 'backups');
}

/** Where weights of the catalogue are kept. */
export function weightsFolder(home: string): string {
  return join(home, 'weights');
}

/** Where tables of measured latencies are kept. */
export function latencyFolder(home: string): string {
  return join(home, 'latency');
}
