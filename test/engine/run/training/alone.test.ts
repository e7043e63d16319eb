import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { CompressOptions } from '../../../../electron/engine/run/context/compress-options.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, type Recipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { findLine, type Line } from '../../../../shared/run/stages.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-alone-');
const pictures = join(folder, 'pictures');

beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 32, testPerClass: 16, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: Omit<CompressOptions, 'recipe' | 'dataset' | 'resume'> = {
  home: join(folder, 'home'),
  out: null,
  backend: 'simd',
  threads: 1,
  listener: () => undefined,
  signal: new AbortController().signal,
};

function makeRecipe(changes: Pick<PartialRecipe, 'distill' | 'prune' | 'data'> = {}): Recipe {
  const train = { teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: true, alone: true };
  return recipeSchema.parse({ ...TINY_RECIPE, train: { ...TINY_RECIPE.train, ...train }, ...changes });
}

function listEpochs(report: Report, line: Line) {
  return report.history.filter(({ stage }) => findLine(stage) === line);
}

/** What came of an epoch, apart from what only the teacher's methods have. */
function summarize({
  epoch,
  learningRate,
  terms,
  trainTop1,
  validationTop1,
  validationLoss,
}: Report['history'][number]) {
  return { epoch, learningRate, labels: terms.crossEntropy, trainTop1, validationTop1, validationLoss };
}

describe('the student without a teacher', () => {
  it('begins with the same weights and sees the same images: with a teacher of no weight both are one network', async () => {
    const recipe = makeRecipe({
      // Too little to change a 32-bit float. Views repeat, with a teacher or without.
      distill: { crossEntropy: { weight: 1 }, logits: { weight: 1e-30 }, reviewkd: { weight: 0 }, views: 2 },
    });
    const report = await compress({ ...options, dataset: pictures, resume: null, recipe });
    const [warmUp, baseline, alone] = [
      report.history.filter(({ stage }) => stage === 'warm-up'),
      listEpochs(report, 'baseline'),
      listEpochs(report, 'alone'),
    ];
    expect(alone.map(summarize)).toEqual([...warmUp, ...baseline].map(summarize));
    expect(alone).toHaveLength(3);
    for (const { terms } of alone) expect(Object.keys(terms)).toEqual(['crossEntropy']);
    expect(report.alone!.images).toMatchObject({ onlyTaught: 0, onlyAlone: 0 });
  }, 60_000);

  it('is tested on the same images as the full student, and goes on after a stop as if there had been none', async () => {
    const recipe = makeRecipe();
    const whole = await compress({ ...options, dataset: pictures, resume: null, recipe });
    const { images, top1 } = whole.alone!;
    const tested = whole.dataset.images.test;
    expect(images.both + images.onlyTaught + images.onlyAlone + images.neither).toBe(tested);
    expect((images.both + images.onlyTaught) / tested).toBe(whole.baseline.top1);
    expect((images.both + images.onlyAlone) / tested).toBe(top1);
    expect(listEpochs(whole, 'alone').map(summarize)).not.toEqual(listEpochs(whole, 'student').map(summarize));

    const stop = new AbortController();
    let run = '';
    let steps = 0;
    const listener = (event: RunEvent) => {
      if (event.type === 'run.started') run = event.run;
      if (event.type === 'run.progressed' && event.stage === 'alone' && ++steps === 9) stop.abort(); // In its second epoch.
    };
    const stopped = { ...options, dataset: pictures, resume: null, recipe, listener, signal: stop.signal };
    await expect(compress(stopped)).rejects.toMatchObject({ code: 'run.stopped' });
    const resumed = await compress({ ...options, dataset: null, recipe: null, resume: run });
    expect(resumed.timing.resumes).toBe(1);
    expect(listEpochs(resumed, 'alone').map(summarize)).toEqual(listEpochs(whole, 'alone').map(summarize));
    expect(resumed.alone).toEqual(whole.alone);
  }, 60_000);
});
