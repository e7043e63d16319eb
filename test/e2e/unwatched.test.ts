import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../electron/engine/data/index.ts';
import { listRuns } from '../../electron/engine/run/book/runs.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { makeTemporaryFolder } from './folders.ts';

const CLI = fileURLToPath(new URL('../../electron/cli/index.ts', import.meta.url));
const LIMIT = 120_000;

const RECIPE: PartialRecipe = {
  data: { inputSize: 32, validation: 0.2 },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: { batch: 8, teacherEpochs: 1, warmUpEpochs: 0, pruneEpochs: 1, fineTuneEpochs: 0, baseline: false },
  prune: { macs: 0.8, steps: 1 },
  measure: { latencyRuns: 10, ckaImages: 8 },
};

const folder = makeTemporaryFolder('decant-unwatched-');
const recipe = join(folder, 'recipe.json');
const dataset = join(folder, 'pictures');

beforeAll(async () => {
  await drawDataset(dataset, { classes: 2, trainPerClass: 20, testPerClass: 4, size: 32, seed: 1 });
  writeFileSync(recipe, JSON.stringify(RECIPE));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a run whose reader of both streams leaves after the first line of progress. */
function startUnwatched(home: string) {
  const args = [CLI, 'compress', dataset, '--recipe', recipe, '--home', home];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const seen = new Promise<void>((resolve) => {
    child.stderr.once('data', () => {
      child.stderr.destroy();
      child.stdout.destroy();
      resolve();
    });
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, seen, ended };
}

it('a run whose output nobody reads any more goes on to its end', { timeout: LIMIT }, async () => {
  const home = join(folder, 'unread');
  expect(await startUnwatched(home).ended).toBe(0);
  expect((await listRuns({ home })).map(({ state }) => state)).toEqual(['finished']);
});

it.skipIf(process.platform === 'win32')(
  'a run whose terminal is closed stops with a checkpoint',
  { timeout: LIMIT },
  async () => {
    const home = join(folder, 'hung-up');
    const { child, seen, ended } = startUnwatched(home);
    await seen;
    child.kill('SIGHUP');
    expect(await ended).toBe(130);
    expect((await listRuns({ home })).map(({ state }) => state)).toEqual(['stopped']);
  },
);
