import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../../electron/engine/core/clock.ts';
import type { createRunId } from '../../../../electron/engine/core/ids.ts';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';
import { findArtifact, openStore } from '../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const recipe = recipeSchema.parse({
  data: { inputSize: 16, validation: 0.2 },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: { batch: 8, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 2, fineTuneEpochs: 4 },
  prune: { macs: 0.7, steps: 2 },
  measure: { latencyRuns: 10, ckaImages: 8 },
});

const folder = makeTemporaryFolder('decant-early-');
const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
beforeAll(() => drawDataset(dataset, { classes: 3, trainPerClass: 30, testPerClass: 10, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs until `step` of a stage, is asked to finish early there, and, if `stops`, is stopped right after. */
async function run(stage: string, step: number, { stops = false } = {}) {
  const control = new RunControl(systemClock);
  const stop = new AbortController();
  let id = '';
  let steps = 0;
  const listener = (event: RunEvent) => {
    if (event.type === 'run.started') id = event.run;
    if (event.type === 'run.progressed' && event.stage === stage && ++steps === step) control.finishEarly();
    if (stops && event.type === 'note.added') stop.abort();
  };
  const common = { home, backend: 'simd', threads: 1, out: null, listener, signal: stop.signal } as const;
  const first = compress({ ...common, dataset, recipe, resume: null, control });
  if (!stops) return await first;
  await expect(first).rejects.toMatchObject({ code: 'run.stopped' });
  return await compress({ ...common, dataset: null, recipe: null, resume: id, signal: new AbortController().signal });
}

it('what was best is cut to the budget, measured and exported; asked at the same step, it is the same to the bit', async () => {
  const report = await run('prune', 3);
  expect(report.student.macs).toBeLessThanOrEqual(0.7 * report.baseline.macs);
  expect(report.baseline.top1).toBeNull();
  expect(report.cuts.at(-1)).toMatchObject({ cut: 2 });
  expect(report.history.map(({ stage, epoch }) => `${stage} ${epoch}`)).toEqual(['teacher 0', 'warm-up 0', 'prune 1']);
  expect(report.notes).toEqual([
    expect.stringMatching(/^Training was ended early on request, in epoch 2 of stage prune/),
    expect.stringMatching(/full student did not finish training/),
  ]);
  const again = await run('prune', 3, { stops: true });
  expect(again.exports[0]!.sha256).toBe(report.exports[0]!.sha256);
  expect(again.notes).toEqual(report.notes);
  expect(again.timing.resumes).toBe(1);
}, 120_000);

it('a finished student loses an unfinished baseline, and nothing else', async () => {
  const report = await run('baseline', 3);
  expect(report.history.filter(({ stage }) => stage === 'fine-tune')).toHaveLength(4);
  expect(report.baseline.top1).toBeNull();
  const store = openStore(home);
  const id = report.run as ReturnType<typeof createRunId>;
  expect(findArtifact(store.db, id, 'student.safetensors')).not.toBeNull();
  expect(findArtifact(store.db, id, 'baseline.safetensors')).toBeNull();
  store.close();
}, 120_000);
