import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { openRunBook } from '../../../../electron/engine/run/book/run-book.ts';
import { listRuns, showRun } from '../../../../electron/engine/run/book/runs.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { CompressOptions } from '../../../../electron/engine/run/context/compress-options.ts';
import { exportRun } from '../../../../electron/engine/run/results/export-run.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-recover-');
const pictures = join(folder, 'pictures');
const signal = new AbortController().signal;

beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 16, testPerClass: 4, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base: Omit<CompressOptions, 'home'> = {
  dataset: pictures,
  recipe: recipeSchema.parse(TINY_RECIPE),
  resume: null,
  out: null,
  backend: 'simd',
  threads: 1,
  listener: () => undefined,
  signal,
};

const loseStore = (home: string) => {
  for (const name of readdirSync(home)) if (name.startsWith('decant.sqlite')) rmSync(join(home, name));
};

/** SHA-256 of the networks in a run's results. */
const hashWeights = (home: string, { run }: Report) =>
  ['teacher', 'student'].map((role) =>
    createHash('sha256')
      .update(readFileSync(join(home, 'runs', run, 'results', role, 'weights.safetensors')))
      .digest('hex'),
  );

it('a finished run lists, shows, is drawn and exports as before once its store is moved away', async () => {
  const home = join(folder, 'finished');
  const { run } = await compress({ ...base, home });
  const before = await showRun({ home, run });
  const historyOf = async () => {
    const book = openRunBook(home);
    const { epochs, cuts, layers } = await book.history(run);
    book.close();
    return { epochs, cuts, layers };
  };
  const history = await historyOf();
  loseStore(home);
  expect(await listRuns({ home })).toEqual([]);
  await expect(showRun({ home, run })).rejects.toMatchObject({
    code: 'run.unknown',
    message: expect.stringMatching(/its folder is there; "decant doctor --repair" restores it/),
  });

  // What the advice of a damaged store led to: a new run, which must not take the other's files.
  const told: RunEvent[] = [];
  const second = await compress({ ...base, home, listener: (event) => void told.push(event) });
  expect(told).toContainEqual({ type: 'note.added', message: expect.stringMatching(`Restored 1 run .*${run}`) });
  expect((await listRuns({ home })).map(({ id }) => id)).toEqual([second.run, run]);
  expect(await showRun({ home, run })).toEqual(before);
  expect(await historyOf()).toEqual(history);
  const out = join(folder, 'student.onnx');
  const exported = await exportRun({ home, run, format: 'onnx', precision: 'fp32', out, signal, backend: 'simd' });
  expect(exported.sha256).toBe(before.exports[0]!.sha256);
}, 60_000);

it('a run that was cut off resumes to the same weights once its store is moved away', async () => {
  const undisturbed = await compress({ ...base, home: join(folder, 'undisturbed') });
  const home = join(folder, 'stopped');
  const stop = new AbortController();
  let run = '';
  const stopped = compress({
    ...base,
    home,
    signal: stop.signal,
    listener: (event) => {
      if (event.type === 'run.started') run = event.run;
      if (event.type === 'run.progressed' && event.stage === 'warm-up') stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'run.stopped' });
  loseStore(home);
  const resumed = await compress({ ...base, home, dataset: null, recipe: null, resume: run });
  expect(hashWeights(home, resumed)).toEqual(hashWeights(join(folder, 'undisturbed'), undisturbed));
  const figures = ({ history, cuts, confusion }: Report) => ({
    history: history.map(({ elapsedMs: _, imagesPerSecond: __, ...epoch }) => epoch),
    cuts,
    confusion,
  });
  expect(figures(resumed)).toEqual(figures(undisturbed));
  expect(resumed.timing.resumes).toBe(1);
  expect(resumed.sessions).toHaveLength(2);
}, 60_000);
