import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countNetwork } from '../../../../../electron/engine/model/index.ts';
import { listPoints } from '../../../../../electron/engine/prune/index.ts';
import { describeModel } from '../../../../../electron/engine/run/context/models.ts';
import { openLatencies } from '../../../../../electron/engine/run/workbench/planning/plan-latency.ts';
import { planRun } from '../../../../../electron/engine/run/workbench/planning/plan-run.ts';
import { writeLatencyTable } from '../../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../../shared/run/recipe.ts';
import { createLatencyTable } from '../../../../helpers/latency-table.ts';

const images = Array.from({ length: 100 }, (_, i) => ({
  path: `${i}.jpg`,
  label: i % 4,
  split: null,
  bytes: 1,
  location: { kind: 'file', path: '' } as never, // No image is read.
}));
const dataset = { classes: ['a', 'b', 'c', 'd'], images, unlabelled: [], hasSplits: false };

const planWith = (input: unknown, of: typeof dataset | null) =>
  planRun(input, of, () => Promise.reject(new Error('No recipe here has a teacher in a file.')));

describe('planRun', () => {
  it('counts the published networks, a student within its budget, and the images of each split', async () => {
    const plan = await planWith({ data: { inputSize: 224 }, prune: { macs: 0.6 } }, dataset);
    const [teacher, baseline, student] = plan.networks!;
    // Published: 216.6 M and 300.8 M for 1 000 classes; the classifiers for four are smaller by 996 · 1280 each.
    expect(teacher!.macs / 1e6).toBeCloseTo(216.6 - 1.275, 0);
    expect(baseline!.macs / 1e6).toBeCloseTo(300.8 - 1.275, 0);
    expect(baseline).toMatchObject({ estimated: false, bytes: 4 * baseline!.parameters });
    expect(student!.estimated).toBe(true);
    expect(student!.macs).toBeLessThanOrEqual(0.6 * baseline!.macs);
    expect(student!.macs).toBeGreaterThan(0.58 * baseline!.macs);
    expect(plan.images).toEqual({ train: 72, validation: 8, test: 20, unlabelled: 0 });
    expect(plan.problems).toEqual([]);
  });

  it('says what the teacher’s answers take: a row of numbers and a checksum for each image and view', async () => {
    const distill = { views: 3, reviewkd: { weight: 0 } };
    const recipe = { data: { inputSize: 64 }, distill };
    expect((await planWith(recipe, dataset)).answers).toEqual({ views: 3, viewBytes: 100 * 4 * (1 + 4) });
    // The last block of MobileNetV3-Large at the deepest level: 160 channels; its stem halves no map of small images.
    const maps = await planWith({ ...recipe, distill: { views: 30, levels: 1 } }, dataset);
    expect(maps.answers).toEqual({ views: 20, viewBytes: 100 * 4 * (1 + 4 + 4 * 4 * 160) });
    expect((await planWith({ ...recipe, distill: {} }, dataset)).answers).toBeNull();
    expect((await planWith(recipe, null)).answers).toBeNull();
  });

  it('says what a student pays for the classifier of its teacher, and keeps that map in the cache', async () => {
    const distill = { ...{ crossEntropy: { weight: 0 }, logits: { weight: 0 }, reviewkd: { weight: 0 } }, views: 1 };
    const recipe = { student: { head: 'teacher' }, distill: { ...distill, simkd: { weight: 1 } } };
    const plan = await planWith(recipe, dataset);
    expect(plan.problems).toEqual([]);
    // Three projector layers on maps of 4 x 4 and two dense ones; test/engine/model/reuse-classifier.test.ts counts them.
    expect(plan.reuse!.replace(/\s/g, ' ')).toBe(
      'Projector and the teacher’s classifier stay in the student: 22.27 M of the full student’s 204.7 M FLOPs, 1.858 M of its 3.669 M parameters.',
    );
    // The last map of MobileNetV3-Large: 960 channels.
    expect(plan.answers).toEqual({ views: 1, viewBytes: 100 * 4 * (1 + 4 + 4 * 4 * 960) });
    expect((await planWith({}, dataset)).reuse).toBeNull();
  });

  it('says what to do about classes with few images, unless the recipe does something', async () => {
    const tailed = { ...dataset, images: dataset.images.map((image, i) => ({ ...image, label: i < 88 ? 0 : i % 4 })) };
    const advice = async (recipe: object, of: typeof dataset | null) => (await planWith(recipe, of)).balanceAdvice;
    expect(await advice({}, dataset)).toBeNull();
    expect(await advice({}, null)).toBeNull();
    expect(await advice({}, tailed)).toMatch(
      /^The largest class has \d+ times as many images as the smallest; balanced/,
    );
    expect(await advice({ balance: { labels: 'balanced-softmax' } }, tailed)).toBeNull();
    expect(await advice({ balance: { sampling: 'balanced' } }, tailed)).toBeNull();
  });

  it.each([
    ['an unknown key', { prun: {} }, ['prun']],
    ['a value out of range', { data: { inputSize: 7 } }, ['data.inputSize']],
    [
      'a contradiction',
      { distill: { crossEntropy: { weight: 0 }, logits: { weight: 0 } } },
      ['distill.crossEntropy.weight', 'distill.logits.weight'],
    ],
    ['a budget out of reach', { prune: { macs: 0.001 } }, ['prune.macs', 'prune.floor', 'prune.protect']],
    ['taps that are not there', { distill: { pairs: [['no', 'such']] } }, ['distill.pairs']],
    ['weights that are not there', { teacher: { weights: '/nowhere.safetensors' } }, ['teacher.weights']],
    ['a limit too small for the classes', { data: { limit: 5 } }, ['data.limit', 'data.validation', 'data.test']],
  ])('says what is wrong, and at which keys: %s', async (_what, recipe, keys) => {
    const { problems } = await planWith(recipe, dataset);
    expect(problems.map((problem) => problem.keys)).toContainEqual(keys);
    for (const { message } of problems) expect(message).toMatch(/^\S.*[.?]$/);
  });

  it('shows no networks of a recipe that contradicts itself, and takes anything for a recipe', async () => {
    expect(
      (await planWith({ distill: { crossEntropy: { weight: 0 }, logits: { weight: 0 } } }, null)).networks,
    ).toBeNull();
    for (const nonsense of [null, 7, 'recipe', [], { data: null }])
      expect(await planWith(nonsense, null)).toMatchObject({ networks: null, images: null, problems: [{}] });
  });

  it('is cheap', async () => {
    await planWith({}, dataset);
    const startedAt = performance.now();
    for (let i = 0; i < 10; i++) await planWith({ prune: { macs: 0.5 + i / 100 } }, dataset);
    expect((performance.now() - startedAt) / 10).toBeLessThan(500);
  });
});

it('offers the tables that have timed the student, and turns milliseconds into a budget', async () => {
  const home = mkdtempSync(join(tmpdir(), 'decant-plan-'));
  const plan = (prune: object) =>
    planRun(
      { data: { inputSize: 32 }, prune: { macs: null, ...prune } },
      dataset,
      () => Promise.reject(new Error('No recipe here has a teacher in a file.')),
      () => ({ speeds: { teacher: 1e-6, student: 1e-6, backend: 'simd' }, basis: 'same' }),
      openLatencies(home),
    );
  try {
    const nothing = await plan({ macs: 0.6 });
    expect(nothing.latency).toMatchObject({ tables: [], studentMs: null });
    // Minutes, not hours.
    expect(nothing.latency!.measuringMs).toBeGreaterThan(20_000);
    expect(nothing.latency!.measuringMs).toBeLessThan(600_000);
    expect((await plan({ latencyMs: 1, latencyTable: 'abacus' })).problems).toEqual([
      { keys: ['prune.latencyTable'], message: expect.stringContaining('There is no latency table "abacus"') },
    ]);

    const full = describeModel(recipeSchema.parse({ data: { inputSize: 32 } }), 'student', 4);
    const msOf = (network: typeof full) => 0.1 + 1e-6 * countNetwork(network).macs;
    const pieces = Object.fromEntries(listPoints(full).map(({ key, build }) => [key, [msOf(build())]]));
    writeLatencyTable(home, createLatencyTable({ name: 'abacus', device: 'wood', pieces }));
    writeLatencyTable(home, createLatencyTable({ name: 'other' }));
    const latencyMs = 0.5 * msOf(full);
    const offered = await plan({ latencyMs, latencyTable: 'abacus' });
    expect(offered.problems).toEqual([]);
    expect(offered.latency!.tables).toMatchObject([{ table: 'abacus', device: 'wood', medianError: null }]);
    expect(offered.latency!.tables[0]!.fullMs).toBeCloseTo(msOf(full), 6);
    expect(offered.latency!.studentMs).toBeLessThanOrEqual(latencyMs);
    expect(offered.networks!.at(-1)!.macs).toBeLessThan(0.55 * countNetwork(full).macs);
    // The time goes by what the milliseconds leave, as by what MACs leave.
    const [uncut, cut] = [await plan({ macs: 0.99 }), await plan({ macs: 0.5 })];
    expect(offered.time!.totalMs).toBeLessThan(0.9 * uncut.time!.totalMs);
    expect(offered.time!.totalMs / cut.time!.totalMs).toBeCloseTo(1, 1);
    const least = await plan({ latencyMs: 0.001, latencyTable: 'abacus' });
    expect(least.problems[0]!.keys).toContain('prune.latencyMs');
    expect((await plan({ latencyMs, latencyTable: 'other' })).problems[0]!.message).toContain('has not timed 240 of');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
