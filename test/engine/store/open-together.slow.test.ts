import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openStore } from '../../../electron/engine/store/index.ts';

const HELPER = fileURLToPath(new URL('../../helpers/open-together-process.ts', import.meta.url));
const ROUNDS = 20;
const PROCESSES = ['a', 'b', 'c', 'd', 'e'];
const START_MS = 4000;
const INTERVAL_MS = 200;

it.each<[string, (home: string) => void]>([
  ['new', () => undefined],
  [
    'whose store was moved away',
    (home) => {
      mkdirSync(join(home, 'runs', '0123456789abcd'), { recursive: true });
      writeFileSync(join(home, 'runs', '0123456789abcd', 'mine'), '');
    },
  ],
])(
  'several processes open a home at once that is %s',
  async (_name, prepare) => {
    const folder = await mkdtemp(join(tmpdir(), 'decant-together-'));
    for (let round = 0; round < ROUNDS; round++) prepare(join(folder, String(round)));
    const firstAt = Date.now() + START_MS;
    const failures = await Promise.all(
      PROCESSES.map(async (name) => {
        const args = [HELPER, folder, name, String(firstAt), String(INTERVAL_MS), String(ROUNDS)];
        const { stdout } = await promisify(execFile)(process.execPath, args);
        return JSON.parse(stdout);
      }),
    );
    expect(failures.flat()).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(ROUNDS);
    for (let round = 0; round < ROUNDS; round++) {
      const store = openStore(join(folder, String(round)));
      expect(store.db.prepare('SELECT name FROM datasets ORDER BY name').pluck().all()).toEqual(PROCESSES);
      store.close();
    }
    await rm(folder, { recursive: true, force: true });
  },
  60_000,
);
