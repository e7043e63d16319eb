import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './planted-repository.ts';

/** Every folder in one of these is a room with tests of its own. */
const HOUSES = [
  'electron',
  'electron/engine',
  'electron/engine/run',
  'electron/engine/run/workbench',
  'renderer',
  'renderer/views',
  'shared',
];

const rooms = HOUSES.flatMap((house) =>
  readdirSync(join(ROOT, house))
    .map((name) => `${house}/${name}`)
    .filter((path) => statSync(join(ROOT, path)).isDirectory()),
);

/** The tests that `npm test` runs of a folder of the product. */
function listFastTests(room: string): string[] {
  const folder = join(ROOT, 'test', room.replace(/^electron\//, ''));
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.test.ts') && !path.endsWith('.slow.test.ts'),
  );
}

describe('npm test', () => {
  it.each(rooms)('covers %s', (room) => {
    expect(listFastTests(room)).not.toEqual([]);
  });
});
