import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { EXPORTERS } from '../../../../electron/engine/export/index.ts';
import { buildNetwork, initializeWeights } from '../../../../electron/engine/model/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { AnswerRoom } from '../../../../electron/engine/run/context/run-context.ts';
import { distilFrom, openFileTeacher } from '../../../../electron/engine/run/teacher/run-teacher.ts';
import { openNetworkTeacher } from '../../../../electron/engine/teacher/index.ts';
import { type Distillation, startState, Trainer } from '../../../../electron/engine/train/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, type Recipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import { listContradictions } from '../../../../shared/run/recipe-contradictions.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { drawBatches, drawRequest } from '../../export/samples.ts';

const folder = makeTemporaryFolder('decant-asked-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAIN = { crop: 'none', flip: false } as const;
const NODE = 'block06/add';

/** Where answers about some drawn images are kept. */
function roomIn(name: string, images: number, limitBytes: number | null = null, notes: string[] = []): AnswerRoom {
  return {
    folder: join(folder, name),
    limitBytes,
    dataset: 'drawn',
    images,
    computedOn: 'test',
    note: (message) => notes.push(message),
  };
}

/** A teacher in a file, and a student for it. */
function drawPair() {
  const request = drawRequest({ architecture: 'mobilenet-v3-small' });
  const file = join(folder, 'teacher.onnx');
  writeFileSync(file, EXPORTERS.onnx.write(request));
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.1, classes: 5, inputSize: 32 });
  const recipe = recipeSchema.parse({
    data: { inputSize: 32, augmentation: PLAIN },
    teacher: { onnx: { file } },
    train: { teacherEpochs: 0 },
    distill: { pairs: [[`${NODE}/output`, 'block08/add']], attention: { weight: 0.5 } },
  });
  return { request, student, recipe };
}

describe('a student', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'simd', threads: 1 });
  });
  afterAll(stopCompute);

  it('learns from a file what it learns from the network in it', async () => {
    const { request, student, recipe } = drawPair();
    const labelled = drawBatches(student, [8]);
    const batches = labelled.map((batch) => ({
      ...batch,
      views: ['plain'] as const,
      targets: Float32Array.from({ length: 40 }, (_, i) => (i % 5 === batch.labels[Math.floor(i / 5)] ? 1 : 0)),
    }));
    const train = async (distillation: Distillation) => {
      const trainer = new Trainer({
        state: startState(student, initializeWeights(student, new Random('student'))),
        distillation,
        labelSmoothing: 0,
        optimizer: recipe.train.optimizer,
        learningRate: () => 0.01,
        random: new Random('training'),
        stage: 'student',
      });
      const { losses } = await trainer.train(batches, { epoch: 0, epochs: 1 });
      trainer.dispose();
      return losses;
    };
    const kept = roomIn('cache', 8);
    const inFile = (await openFileTeacher({ recipe, classes: request.classes, student, kept }))!;
    const before = tf.memory().numTensors;
    const pairs = [{ teacher: NODE, student: 'block08/add' }];
    const teacher = openNetworkTeacher(request, [NODE]);
    const ours = await train({ teacher, settings: recipe.distill, pairs });
    await teacher.close();
    const distillation = distilFrom(inFile, recipe, student);
    // The first time it computes, the second time it remembers.
    for (const theirs of [await train(distillation), await train(distillation)]) {
      expect(Object.keys(theirs)).toEqual(['crossEntropy', 'logits', 'attention', 'reviewkd']);
      // What fuses features begins with numbers that are drawn by the names of their pairs, which differ.
      for (const [name, value] of Object.entries(theirs))
        if (name !== 'reviewkd') expect(value).toBeCloseTo(ours[name]!, 3);
    }
    expect(tf.memory().numTensors).toBe(before);
    await inFile.close();
  });

  it('is answered from the disk, also by another process, but not where rows would not fit', async () => {
    const { request, student, recipe } = drawPair();
    const [batch] = drawBatches(student, [4], 'cached');
    const notes: string[] = [];
    const open = async (limitBytes: number, name: string) => {
      const kept = roomIn(name, 4, limitBytes, notes);
      return (await openFileTeacher({ recipe, classes: request.classes, student, kept }))!;
    };
    const first = await open(1e9, 'kept');
    const answer = (await first.answer({ ...batch!, view: 'plain' }))!;
    await first.close();
    const second = await open(1e9, 'kept');
    const zeros = { ...batch!, images: new Float32Array(batch!.images.length) };
    expect(await second.answer({ ...zeros, view: 'plain' })).toEqual(answer);
    expect((await second.answer(zeros))!.logits).not.toEqual(answer.logits);
    await second.close();
    const little = await open(100, 'little');
    await little.answer({ ...batch!, view: 'plain' });
    await little.close();
    expect(readdirSync(join(folder, 'little'))).toEqual([]);
    expect(notes.at(-1)).toMatch(
      /^The teacher answers some views .*for one view of 4 images take .* limit of 100\sB, which --cache-limit raises[.]$/,
    );
  });
});

describe('recipes with a teacher in a file', () => {
  it.each<[PartialRecipe, RegExp]>([
    [
      { teacher: { onnx: { file: 'a.onnx' } } },
      /train.teacherEpochs.* is 20, but a teacher in an ONNX file cannot be trained/,
    ],
    [
      { teacher: { onnx: { file: 'a.onnx' }, weights: 'b' }, train: { teacherEpochs: 0 } },
      /Both .*teacher.onnx.file.* and .*teacher.weights/,
    ],
    [
      { teacher: { onnx: { file: 'a.onnx' } }, train: { teacherEpochs: 0 } },
      /in an ONNX file cannot be paired automatically/,
    ],
  ])('%j is refused', (partial, message) => {
    expect(JSON.stringify(listContradictions(recipeSchema.parse(partial)))).toMatch(message);
  });
});

it('a whole run with an ONNX file as its teacher', async () => {
  const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
  await drawDataset(dataset, { classes: 3, trainPerClass: 20, testPerClass: 8, size: 32, seed: 1 });
  const base = {
    data: { inputSize: 16, validation: 0.2, augmentation: PLAIN },
    student: { width: 0.2 },
    measure: { latencyRuns: 10, ckaImages: 8 },
  } satisfies PartialRecipe;
  const events: RunEvent[] = [];
  const run = (recipe: Recipe, out: string | null) =>
    compress({
      home,
      dataset,
      recipe,
      resume: null,
      out,
      backend: 'simd',
      threads: 1,
      listener: (event) => events.push(event),
      signal: new AbortController().signal,
    });
  const out = join(folder, 'out');
  const first = await run(
    recipeSchema.parse({
      ...base,
      teacher: { architecture: 'mobilenet-v3-small', width: 0.25 },
      train: { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
      prune: { macs: null },
    }),
    out,
  );
  const file = join(out, 'student.onnx');
  const report = await run(
    recipeSchema.parse({
      ...base,
      teacher: { onnx: { file } },
      train: { batch: 16, teacherEpochs: 0, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 0, baseline: false },
      prune: { macs: 0.8, steps: 1 },
      distill: { pairs: [['block06/add/output', 'block06/add']] },
    }),
    join(folder, 'second'),
  );
  // The same network on the same test images, there in our forward pass, here in ONNX Runtime.
  expect(report.teacher).toMatchObject({
    architecture: 'student.onnx',
    top1: first.student.top1,
    top5: first.student.top5,
  });
  expect(report.confusion.teacher).toEqual(first.confusion.student);
  expect(report.teacher.bytes).toBe(statSync(file).size);
  expect(Math.abs(report.teacher.macs / first.student.macs - 1)).toBeLessThan(0.05);
  expect(report.student.macs).toBeLessThanOrEqual(0.8 * report.baseline.macs);
  expect(report.history.every(({ terms }) => Number.isFinite(terms.reviewkd) && Number.isFinite(terms.logits))).toBe(
    true,
  );
  expect(report.exports[0]!.top1).toBe(report.student.top1);
}, 300_000);
