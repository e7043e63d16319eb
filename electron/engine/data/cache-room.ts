import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { isProcessAlive } from '../core/process.ts';

/** What caches of decoded images and of teachers' answers may take together, unless a limit is given. */
export const DEFAULT_CACHE_LIMIT_BYTES = 20e9;

const ENTRY = /^([0-9a-f]{32})\.(?:pixels|json)$/;
const MARK = /^\.([0-9a-f]{32})\.([0-9a-f]{8})[0-9a-f]{4}\.use$/;

/** Caches that had to go. */
export interface Eviction {
  caches: number;
  bytes: number;
}

let uses = 0;

/** 12 hexadecimal digits that tell a use of a cache from every other: the process's id in 8, its thread in 2, a count in 2. */
export function nextUseTag(): string {
  const hex = (number: number, digits: number) => (number % 16 ** digits).toString(16).padStart(digits, '0');
  return hex(process.pid, 8) + hex(threadId, 2) + hex(uses++, 2);
}

/**
 * Says that this process uses a cache, which `makeRoom` then leaves alone, and that it was used at `nowMs`. Where the
 * folder cannot be written there is nothing to say: then nothing can be removed either.
 *
 * @param tag of `nextUseTag`
 * @returns ends the use
 */
export async function markUse(folder: string, key: string, { tag, nowMs }: { tag: string; nowMs: number }) {
  const path = join(folder, `.${key}.${tag}.use`);
  await listUses(folder); // Takes away what killed processes left.
  await writeFile(path, '').catch(() => undefined);
  await utimes(join(folder, `${key}.json`), nowMs / 1000, nowMs / 1000).catch(() => undefined);
  return () => rm(path, { force: true }).catch(() => undefined);
}

/** Whether `neededBytes` stay within `limitBytes` beside the caches that living processes use. */
export async function hasRoom(
  folder: string,
  { key: own, neededBytes, limitBytes }: { key: string; neededBytes: number; limitBytes: number },
): Promise<boolean> {
  const used = await listUses(folder);
  const beside = (await listEntries(folder)).filter(({ key }) => key !== own && used.has(key));
  return beside.reduce((sum, { bytes }) => sum + bytes, neededBytes) <= limitBytes;
}

/**
 * Removes caches, the longest unused first, until those that are left and `neededBytes` stay within `limitBytes`; never
 * one that a living process uses. Where that is not enough, what is needed is made all the same.
 */
export async function makeRoom(
  folder: string,
  { key: own, neededBytes, limitBytes }: { key: string; neededBytes: number; limitBytes: number },
): Promise<Eviction> {
  const entries = (await listEntries(folder)).filter(({ key }) => key !== own);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, neededBytes);
  const evicted: Eviction = { caches: 0, bytes: 0 };
  for (const { key, bytes } of entries.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (total <= limitBytes) break;
    if ((await listUses(folder)).has(key)) continue;
    await rm(join(folder, `${key}.json`), { force: true }).catch(() => undefined);
    // Whoever has begun to use it in between has its pixels until the end.
    if ((await listUses(folder)).has(key)) continue;
    const removed = await rm(join(folder, `${key}.pixels`), { force: true }).then(
      () => true,
      () => false,
    );
    if (!removed) continue;
    total -= bytes;
    evicted.caches++;
    evicted.bytes += bytes;
  }
  return evicted;
}

async function listEntries(folder: string): Promise<{ key: string; bytes: number; usedAtMs: number }[]> {
  const entries = new Map<string, { key: string; bytes: number; usedAtMs: number }>();
  for (const name of await readdir(folder).catch(() => [])) {
    const key = ENTRY.exec(name)?.[1];
    const found = key === undefined ? null : await stat(join(folder, name)).catch(() => null);
    if (key === undefined || found === null) continue;
    const { bytes, usedAtMs } = entries.get(key) ?? { bytes: 0, usedAtMs: 0 };
    // The index is touched when a cache is used, the pixels are written once, before it.
    entries.set(key, { key, bytes: bytes + found.size, usedAtMs: Math.max(usedAtMs, found.mtimeMs) });
  }
  return [...entries.values()];
}

/** Keys of the caches that living processes use; marks of dead ones are removed. */
async function listUses(folder: string): Promise<Set<string>> {
  const used = new Set<string>();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, key, pid] = MARK.exec(name) ?? [];
    if (key === undefined || pid === undefined) continue;
    if (isProcessAlive(Number.parseInt(pid, 16))) used.add(key);
    else await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
  return used;
}

const UNFINISHED = /^\.[0-9a-f]{32}\.([0-9a-f]{8})[0-9a-f]{4}\.tmp$/;

/** Removes what killed processes left in a folder of caches: the marks of their uses, and caches that they had begun. */
export async function removeAbandoned(folder: string): Promise<void> {
  await listUses(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid] = UNFINISHED.exec(name) ?? [];
    if (pid !== undefined && !isProcessAlive(Number.parseInt(pid, 16))) await rm(join(folder, name), { force: true });
  }
}
