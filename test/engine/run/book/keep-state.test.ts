import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../electron/engine/core/clock.ts';
import { createRunId, type RunId } from '../../../../electron/engine/core/ids.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { keepState } from '../../../../electron/engine/run/book/keep-state.ts';
import { RunRecorder } from '../../../../electron/engine/run/book/run-recorder.ts';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';
import * as store from '../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

let home: string;
let opened: store.Store;
let id: RunId;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-keep-'));
  opened = store.openStore(home);
  id = createRunId(5, () => 0.5);
  const known = { name: 'd', path: '/d', fingerprint: 'f', classes: ['a'], images: 1 };
  store.insertRun(opened.db, { id, dataset: store.saveDataset(opened.db, known, 1), recipe: RECIPE }, 5);
});
afterEach(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

const RECIPE = recipeSchema.parse({});
const keep = (work: () => Promise<never>) => {
  const context = {
    id,
    recipe: RECIPE,
    store: opened,
    random: new Random(1),
    clock: systemClock,
    listener: () => undefined,
    signal: new AbortController().signal,
    control: new RunControl(systemClock),
  };
  return keepState(context, new RunRecorder(opened, id, systemClock), work);
};
const ioError = (code: string) => Promise.reject(Object.assign(new Error('disk I/O error'), { code }));

it.each(['SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_TRUNCATE', 'SQLITE_IOERR_READ'])(
  'a disk that fails for a moment (%s) is a failed run, not a damaged store',
  async (code) => {
    const message = expect.stringMatching(/^The disk reported an error when the store .*decant\.sqlite was used/);
    await expect(keep(() => ioError(code))).rejects.toMatchObject({ code: 'disk.failed', status: 1, message });
    expect(store.findRun(opened.db, id)).toMatchObject({ state: 'failed', failure: message });
    expect(readFileSync(store.recordPath(home, id), 'utf8')).toContain('"state":"failed"');
  },
);

it('how a run ended is told even where it can no longer be noted', async () => {
  const failing = keep(async () => {
    opened.db.exec('DROP TABLE run_log');
    throw new Error('what went wrong');
  });
  await expect(failing).rejects.toThrow('what went wrong');
});
