import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunId } from '../../../../../electron/engine/core/ids.ts';
import { drawDataset } from '../../../../../electron/engine/data/index.ts';
import { EXPORTERS } from '../../../../../electron/engine/export/index.ts';
import { decodeModel, encodeModel } from '../../../../../electron/engine/onnx/messages.ts';
import { compress } from '../../../../../electron/engine/run/compress.ts';
import { readModel } from '../../../../../electron/engine/run/context/kept-models.ts';
import { openStore } from '../../../../../electron/engine/store/index.ts';
import { describeEvent } from '../../../../../shared/run/event-text.ts';
import type { RunEvent } from '../../../../../shared/run/events.ts';
import { type PartialRecipe, recipeSchema } from '../../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../../e2e/folders.ts';
import { drawRequest } from '../../../export/samples.ts';

/** Several runs, each of them a dozen networks' worth of judging. */
vi.setConfig({ testTimeout: 300_000 });

const folder = makeTemporaryFolder('decant-pretrain-');
const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
beforeAll(() => drawDataset(dataset, { classes: 3, trainPerClass: 12, testPerClass: 2, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four labels a class; the other images have none. */
function makeRecipe(pretrain: PartialRecipe['pretrain'], changes: PartialRecipe = {}) {
  const recipe: PartialRecipe = {
    data: { inputSize: 16, validation: 0.2, labels: 4 },
    teacher: { architecture: 'mobilenet-v3-small', width: 0.1, stemStride: 2 },
    student: { width: 0.1, stemStride: 2 },
    pretrain: { batch: 6, ...pretrain },
    train: { batch: 4, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
    prune: { macs: null },
    measure: { latencyRuns: 10, ckaImages: 8 },
    export: { formats: [] },
  };
  return recipeSchema.parse({ ...recipe, ...changes, train: { ...recipe.train, ...changes.train } });
}

/** Trains it all; `stopAt`: is stopped at this step of the stage, and taken up again. */
async function run(
  pretrain: PartialRecipe['pretrain'],
  stop: { stage: string; step: number } | null = null,
  images = dataset,
  changes: PartialRecipe = {},
) {
  const lines: string[] = [];
  const stopped = new AbortController();
  let [id, steps] = ['', 0];
  const listener = (event: RunEvent) => {
    if (event.type === 'run.started') id = event.run;
    if (event.type === 'run.progressed' && event.stage === stop?.stage && ++steps === stop.step) stopped.abort();
    lines.push(describeEvent(event) ?? '');
  };
  const common = { home, backend: 'simd', threads: 1, out: null, listener } as const;
  const first = compress({
    ...common,
    dataset: images,
    recipe: makeRecipe(pretrain, changes),
    resume: null,
    signal: stopped.signal,
  });
  if (stop) {
    await expect(first).rejects.toMatchObject({ code: 'run.stopped' });
    const signal = new AbortController().signal;
    const report = await compress({ ...common, dataset: null, recipe: null, resume: id, signal });
    return { report, lines, id: id as RunId };
  }
  return { report: await first, lines, id: id as RunId };
}

async function readWeights(id: RunId, line: 'pretrain-teacher' | 'pretrain-student' | 'student') {
  const store = openStore(home);
  try {
    return (await readModel({ store, id }, line))?.weights;
  } finally {
    store.close();
  }
}

it('both networks learn without labels before they are trained, are judged by their embeddings, and resume alike', async () => {
  const pretrain = { teacherEpochs: 1, studentEpochs: 2, student: 'embeddings' } as const;
  const whole = await run(pretrain);
  expect(whole.report.history.map(({ stage, epoch }) => `${stage} ${epoch}`)).toEqual([
    ...['pretrain-teacher 0', 'teacher 0', 'pretrain-student 0', 'pretrain-student 1'],
    'warm-up 0',
  ]);
  for (const { stage, terms, embedding, trainTop1, hardest } of whole.report.history) {
    const free = stage.startsWith('pretrain');
    expect(embedding !== null).toBe(free);
    if (!free) continue;
    expect(Object.keys(terms)).toEqual([stage === 'pretrain-teacher' ? 'simclr' : 'queue']);
    expect([trainTop1, hardest]).toEqual([null, []]);
    for (const share of [embedding!.neighbours, embedding!.probe]) expect(share).toBeGreaterThanOrEqual(0);
  }
  expect(
    whole.lines.some(
      (line) => line.startsWith('[pretrain-student] epoch 2 of 2: loss') && line.includes('linear probe'),
    ),
  ).toBe(true);
  expect(whole.lines.some((line) => line.includes('The student starts from what it learned without labels'))).toBe(
    true,
  );
  const [free] = whole.report.history;
  expect(free!.learningRate).toBeLessThan(0.1);

  const weights = {
    student: await readWeights(whole.id, 'student'),
    before: await readWeights(whole.id, 'pretrain-student'),
  };
  const resumed = await run(pretrain, { stage: 'pretrain-student', step: 7 });
  expect(await readWeights(resumed.id, 'pretrain-student')).toEqual(weights.before);
  expect(await readWeights(resumed.id, 'student')).toEqual(weights.student);
});

it('a student learns answers without labels, or by itself in chunks', async () => {
  const answers = await run({ studentEpochs: 1, student: 'answers' });
  expect(Object.keys(answers.report.history.find(({ stage }) => stage === 'pretrain-student')!.terms)).toEqual([
    'unlabelled',
  ]);
  const alone = await run({ studentEpochs: 1, student: 'views', chunk: 5 });
  expect(Object.keys(alone.report.history.find(({ stage }) => stage === 'pretrain-student')!.terms)).toEqual([
    'simclr',
  ]);
});

it('a student learns how alike images are to a teacher in an ONNX file, which tells each view once, and resumes alike', async () => {
  const file = join(folder, 'teacher.onnx');
  const request = drawRequest({ architecture: 'mobilenet-v3-small', classes: 3, inputSize: 16, stemStride: 2 });
  writeFileSync(file, encodeModel({ ...decodeModel(EXPORTERS.onnx.write(request)), metadataProps: [] }));
  const changes: PartialRecipe = {
    teacher: { onnx: { file } },
    train: { teacherEpochs: 0 },
    distill: { views: 1, reviewkd: { weight: 0 } },
  };
  const pretrain = { studentEpochs: 2, student: 'embeddings' } as const;
  const whole = await run(pretrain, null, dataset, changes);
  const [first] = whole.report.history;
  expect(first).toMatchObject({ stage: 'pretrain-student', terms: { queue: expect.any(Number) } });
  expect(whole.lines.some((line) => line.startsWith('The teacher answers each view of an image once.'))).toBe(true);
  const resumed = await run(pretrain, { stage: 'pretrain-student', step: 3 }, dataset, changes);
  expect(await readWeights(resumed.id, 'student')).toEqual(await readWeights(whole.id, 'student'));
});

it('a network that finds all images the same ends its stage, says so, and is kept as it was before', async () => {
  // The validation images are the same, so that no network can tell them apart.
  const same = join(folder, 'same');
  await drawDataset(same, { classes: 3, trainPerClass: 18, testPerClass: 2, size: 16, seed: 2 });
  const background = '#7a5';
  const image = await sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();
  for (const name of readdirSync(join(same, 'train'))) {
    mkdirSync(join(same, 'validation', name), { recursive: true });
    for (const file of ['a.png', 'b.png']) writeFileSync(join(same, 'validation', name, file), image);
  }
  const { report, lines, id } = await run({ studentEpochs: 9, student: 'views', batch: 2 }, null, same);
  const epochs = report.history.filter(({ stage }) => stage === 'pretrain-student');
  // Not before the running statistics of batch norm say something, after 50 steps: 27 an epoch.
  expect(epochs).toHaveLength(2);
  expect(epochs.at(-1)!.embedding!.deviation).toBeLessThan(0.002);
  const warned = lines.filter((line) => line.includes('ends in epoch 2: the network has collapsed'));
  expect(warned).toEqual([expect.stringContaining('it is kept as it was one epoch before')]);
  expect(await readWeights(id, 'pretrain-student')).toBeDefined();
  expect(report.history.at(-1)!.stage).toBe('warm-up');
});
