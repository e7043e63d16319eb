import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProcessAlive } from '../electron/engine/core/process.ts';
import { DIST, fingerprint } from './files.ts';
import { PARTS, type Part } from './parts.ts';

const LOCK = join(DIST, '.lock');
/** Part → fingerprint of its sources when it was built. */
const BUILT = join(DIST, '.built.json');

/**
 * Makes `dist/`, or only what is named of it, without what is up to date, and gives the names of the parts that it built. One
 * process at a time does: builds of the window write their texts to the same files.
 */
export async function buildApp(parts: readonly Part[] = PARTS): Promise<string[]> {
  await mkdir(DIST, { recursive: true });
  await lock();
  try {
    const built: Record<string, string> = JSON.parse(await readFile(BUILT, 'utf8').catch(() => '{}')); // Written below.
    const done: string[] = [];
    for (const part of parts) {
      const now = await fingerprint(part.sources);
      if (built[part.name] === now) continue;
      delete built[part.name];
      await writeFile(BUILT, JSON.stringify(built)); // What fails halfway is not up to date.
      await part.build();
      built[part.name] = now;
      await writeFile(BUILT, JSON.stringify(built));
      done.push(part.name);
    }
    return done;
  } finally {
    await rm(LOCK, { force: true });
  }
}

async function lock(): Promise<void> {
  for (;;) {
    try {
      const file = await open(LOCK, 'wx');
      await file.writeFile(String(process.pid));
      return await file.close();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = Number(await readFile(LOCK, 'utf8').catch(() => ''));
    if (owner > 0 && !isProcessAlive(owner)) await rm(LOCK, { force: true });
    else await sleep(100);
  }
}
