import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../../../electron/engine/compute/index.ts';
import type { RunId } from '../../../../../electron/engine/core/ids.ts';
import {
  decodePixels,
  normalizePixels,
  openDataset,
  preparePixels,
} from '../../../../../electron/engine/data/index.ts';
import { choosePairs } from '../../../../../electron/engine/distill/index.ts';
import { attentionMaps, computeLogits } from '../../../../../electron/engine/measure/index.ts';
import { InferenceNetwork, Parameters } from '../../../../../electron/engine/model/index.ts';
import { compress } from '../../../../../electron/engine/run/compress.ts';
import { readModel } from '../../../../../electron/engine/run/context/kept-models.ts';
import type { Comparison } from '../../../../../electron/engine/run/workbench/comparison/comparison.ts';
import type { Params } from '../../../../../shared/ipc/contract.ts';
import { compareRequests } from '../../../../../shared/ipc/topics/compare.ts';
import { TINY_RECIPE } from '../../../../e2e/real-cli.ts';
import { makeTinyRun, type TinyRun } from '../../tiny-run.ts';

let tiny: TinyRun;
let comparison: Comparison;
beforeAll(async () => {
  tiny = await makeTinyRun({ train: { ...TINY_RECIPE.train, baseline: true, fineTuneEpochs: 1 } });
  comparison = await tiny.workbench.comparison();
}, 120_000);
afterAll(() => tiny.remove());

const EVERYTHING = { label: null, guess: null, wrongOnly: false, offset: 0, limit: 200 };

describe('predictions', () => {
  const read = (filter: Partial<Omit<Params<'compare.predictions'>, 'run'>> = {}) =>
    comparison.readPredictions({ run: tiny.report.run, model: 'student', ...EVERYTHING, ...filter });

  it.each(['teacher', 'baseline', 'student'] as const)(
    'of the %s are those that its confusion matrix counts',
    async (model) => {
      const confusion = tiny.report.confusion[model]!;
      for (const [label, row] of confusion.entries())
        for (const [guess, count] of row.entries()) {
          const { total, images } = await read({ model, label, guess });
          expect([total, images.length]).toEqual([count, count]);
          for (const image of images) {
            expect(image.label).toBe(label);
            expect(image[model]![0]!.label).toBe(guess);
          }
          expect((await read({ model, label, guess, wrongOnly: true })).total).toBe(label === guess ? 0 : count);
        }
      const { total } = await read({ model, wrongOnly: true });
      expect(1 - total / tiny.report.dataset.images.test).toBeCloseTo(tiny.report[model].top1!, 12);
    },
  );

  it('are of the test images, with their paths and classes, and fit their schema', async () => {
    const page = await read();
    expect(compareRequests['compare.predictions'].result.parse(page)).toEqual(page);
    expect(page.classes).toEqual(tiny.report.dataset.classes);
    const dataset = await openDataset(tiny.dataset);
    const tested = [...dataset.images.keys()].filter((index) => dataset.images[index]!.split === 'test');
    expect(page.images.map(({ image }) => image)).toEqual(tested);
    for (const { image, path, label } of page.images)
      expect({ path, label }).toEqual({ path: dataset.images[image]!.path, label: dataset.images[image]!.label });
  });

  it('are what the networks say, by their likelihood', async () => {
    const { images } = await read();
    const chosen = images.filter((_, i) => i % 7 === 0);
    await startCompute({ backend: 'simd', threads: 1 });
    try {
      for (const role of ['teacher', 'baseline', 'student'] as const) {
        const { network, weights } = (await readModel({ store: tiny.store, id: tiny.report.run as RunId }, role))!; // Of a run that is there.
        const parameters = Parameters.fromWeights(network, weights);
        for (const image of chosen) {
          const pixels = await decodePixels(readFileSync(join(tiny.dataset, image.path)), 16);
          const logits = await computeLogits(network, parameters, { images: normalizePixels(pixels), size: 1 });
          const { temperature } = tiny.report.calibration[role]!;
          const sum = logits.reduce((total, value) => total + Math.exp(value / temperature), 0);
          const guesses = image[role]!;
          expect(guesses).toHaveLength(3);
          for (const [i, { label, probability }] of guesses.entries()) {
            expect(probability).toBeCloseTo(Math.exp(logits[label]! / temperature) / sum, 4);
            if (i > 0) expect(probability).toBeLessThanOrEqual(guesses[i - 1]!.probability);
          }
        }
        parameters.dispose();
      }
    } finally {
      await stopCompute();
    }
  });

  it('are calibrated, and those of unlike images are as many as the report says', async () => {
    const { calibrated, images } = await read();
    expect(calibrated).toBe(true);
    const { test } = tiny.report.dataset.images;
    expect(images.filter(({ unlike }) => unlike === true).length).toBe(Math.round(tiny.report.unlike!.either * test));
    // The expected calibration error, from the pages alone.
    const bins = Array.from({ length: 15 }, () => 0);
    for (const { student, label } of images)
      bins[Math.ceil(15 * student[0]!.probability) - 1]! +=
        student[0]!.probability - (student[0]!.label === label ? 1 : 0);
    const error = bins.reduce((sum, excess) => sum + Math.abs(excess), 0) / test;
    expect(tiny.report.calibration.student!.errorAfter).toBeCloseTo(error, 5);
  });

  it('come in pages', async () => {
    const all = await read();
    const paged = [];
    for (let offset = 0; offset < all.total; offset += 5) paged.push(...(await read({ offset, limit: 5 })).images);
    expect(paged).toEqual(all.images);
    expect((await read({ offset: 1000 })).images).toEqual([]);
  });

  it('of an older run, of a network that was not trained or of no run: one sentence', async () => {
    const id = 'older0older0ol';
    const { db } = tiny.store;
    db.prepare(
      `INSERT INTO runs (id, dataset, state, recipe, created_at, updated_at)
       SELECT ?, dataset, 'finished', recipe, 1, 1 FROM runs WHERE id = ?`,
    ).run(id, tiny.report.run);
    const of = (run: string) => comparison.readPredictions({ run, model: 'student', ...EVERYTHING });
    await expect(of(id)).rejects.toMatchObject({
      code: 'run.incomplete',
      message: expect.stringMatching(/earlier version of Decant/),
    });
    db.prepare("UPDATE runs SET state = 'stopped' WHERE id = ?").run(id);
    await expect(of(id)).rejects.toMatchObject({
      code: 'run.incomplete',
      message: expect.stringMatching(/not finished/),
    });
    await expect(of('nothing0')).rejects.toMatchObject({ code: 'run.unknown' });
    db.prepare('DELETE FROM runs WHERE id = ?').run(id);
  });
});

describe('attention', () => {
  it('is that of the distilled pairs, on the image as training saw it', async () => {
    const { run } = tiny.report;
    const image = 31;
    const seen = await comparison.readAttention({ run, image });
    expect(compareRequests['compare.attention'].result.parse(seen)).toEqual(seen);

    const source = { store: tiny.store, id: run as RunId }; // Of a run that is there.
    const [teacher, student] = [(await readModel(source, 'teacher'))!, (await readModel(source, 'student'))!];
    const pairs = choosePairs(teacher.network, student.network, { pairs: null, levels: 3 });
    const cache = await preparePixels(await openDataset(tiny.dataset), {
      inputSize: 16,
      cacheFolder: join(tiny.home, 'cache'),
    });
    const pixels = new Uint8Array(16 * 16 * 3);
    await cache.read([image], pixels);
    await cache.close();
    await startCompute({ backend: 'cpu' });
    try {
      for (const [side, model] of [['teacher', teacher] as const, ['student', student] as const]) {
        const taps = pairs.map((pair) => pair[side]);
        const network = new InferenceNetwork(model, taps);
        const maps = await attentionMaps(network, normalizePixels(pixels), taps);
        network.dispose();
        expect(seen.levels.map((level) => level[side].tap)).toEqual(taps);
        for (const [i, map] of maps.entries()) {
          const { height, width, values } = seen.levels[i]![side];
          expect([height, width]).toEqual([map.height, map.width]);
          for (const [place, value] of map.values.entries()) expect(values[place]).toBeCloseTo(value, 3);
        }
      }
      expect(tf.engine().state.numTensors).toBe(0);
    } finally {
      await stopCompute();
    }
  });

  it('can be asked for while a run trains in this process, which ends with the very same weights', async () => {
    const { run } = tiny.report;
    const quiet = await comparison.readAttention({ run, image: 5 });
    const trained = compress({
      home: tiny.home,
      dataset: tiny.dataset,
      recipe: tiny.report.recipe,
      resume: null,
      out: null,
      backend: 'simd',
      threads: 2,
      listener: () => undefined,
      signal: new AbortController().signal,
    });
    let ended = false;
    void trained.finally(() => {
      ended = true;
    });
    let asked = 0;
    for (; !ended; asked++) expect(await comparison.readAttention({ run, image: 5 })).toEqual(quiet);
    expect(asked).toBeGreaterThan(1);
    expect((await trained).exports[0]!.sha256).toBe(tiny.report.exports[0]!.sha256);
  }, 120_000);

  it('of no image, no run or a dataset that is not there: one sentence', async () => {
    const { run } = tiny.report;
    await expect(comparison.readAttention({ run, image: 96 })).rejects.toMatchObject({ code: 'image.unreadable' });
    await expect(comparison.readAttention({ run: 'nothing0', image: 0 })).rejects.toMatchObject({
      code: 'run.unknown',
    });
  });
});

it('lists the measured networks of finished runs as points', async () => {
  const { run, teacher, baseline, student } = tiny.report;
  const { dataset } = await comparison.readPredictions({ run, model: 'student', ...EVERYTHING });
  const points = comparison.listPoints({ dataset: null }).filter((point) => point.run === run);
  const expected = { teacher, baseline, student };
  expect(points).toHaveLength(3);
  for (const { role, macs, parameters, top1, dataset: of } of points) {
    expect({ macs, parameters, top1 }).toEqual({
      macs: expected[role].macs,
      parameters: expected[role].parameters,
      top1: expected[role].top1,
    });
    expect(of).toBe(dataset);
  }
  expect(comparison.listPoints({ dataset }).length).toBeGreaterThanOrEqual(3);
  expect(comparison.listPoints({ dataset: '0123456789abcdef' })).toEqual([]);
  expect(points[0]!.name).toMatch(/^pictures · /);
  tiny.store.db.prepare('UPDATE runs SET deleted_at = 1 WHERE id = ?').run(run);
  expect(comparison.listPoints({ dataset: null }).filter((point) => point.run === run)).toEqual([]);
  tiny.store.db.prepare('UPDATE runs SET deleted_at = NULL WHERE id = ?').run(run);
});
