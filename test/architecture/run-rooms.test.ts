import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './planted-repository.ts';

/** What each room may import, which dependency-cruiser enforces. */
const { RUN_ROOMS } = createRequire(import.meta.url)(join(ROOT, 'build/run-rooms.cjs')) as {
  RUN_ROOMS: Readonly<Record<string, readonly string[]>>;
};
const RUN = 'electron/engine/run/';

/** A folder, one of the workbench's, or a file that stands alone. */
function roomOf(path: string): string {
  const [first, second, ...rest] = path.slice(RUN.length).split('/');
  return first === 'workbench' && second
    ? [first, second].join('/')
    : second || rest.length > 0
      ? first!
      : path.slice(RUN.length);
}

/** Which rooms each room imports, types and deferred imports included. */
function readRooms(): Map<string, Set<string>> {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', `${RUN}*.ts`], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
  const rooms = new Map(files.map((path) => [roomOf(path), new Set<string>()]));
  for (const path of files)
    for (const [, specifier] of readFileSync(join(ROOT, path), 'utf8').matchAll(
      /(?:from |import\(|import )'([.][^']+)'/g,
    )) {
      const target = posix.join(dirname(path), specifier!);
      if (target.startsWith(RUN) && roomOf(target) !== roomOf(path)) rooms.get(roomOf(path))!.add(roomOf(target));
    }
  return rooms;
}

/** The floor that a room stands on, above all that it imports. @throws Error where rooms import each other in a circle */
function floorOf(room: string, rooms: ReadonlyMap<string, ReadonlySet<string>>, above: readonly string[] = []): number {
  if (above.includes(room)) throw new Error(`a circle of rooms: ${[...above, room].join(' > ')}`);
  return 1 + Math.max(0, ...[...rooms.get(room)!].map((below) => floorOf(below, rooms, [...above, room])));
}

it('a run is a house of few rooms, few arrows between them, few floors, and no circle', () => {
  const rooms = readRooms();
  const arrows = [...rooms.values()].reduce((sum, below) => sum + below.size, 0);
  const floors = Math.max(...[...rooms.keys()].map((room) => floorOf(room, rooms)));
  expect(rooms.size).toBeLessThanOrEqual(18);
  expect(arrows).toBeLessThanOrEqual(51);
  expect(floors).toBeLessThanOrEqual(8);
});

it('every arrow that is allowed is needed', () => {
  const sort = (rooms: Iterable<readonly [string, Iterable<string>]>) =>
    Object.fromEntries([...rooms].map(([room, below]) => [room, [...below].sort()]));
  expect(sort(readRooms())).toEqual(sort(Object.entries(RUN_ROOMS)));
});
