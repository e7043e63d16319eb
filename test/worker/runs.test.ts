import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listRuns } from '../../electron/engine/run/book/runs.ts';
import type { Recipe } from '../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import type { EngineProcess } from './engine-process.ts';
import {
  EVERYTHING,
  hashStudent,
  LONG,
  prepareHome,
  type RunsQuery,
  runUndisturbed,
  startEngine,
  TINY,
  waitForEnd,
  waitForStage,
} from './tiny-runs.ts';

const folder = makeTemporaryFolder('decant-runs-');
const [home, pictures] = [join(folder, 'home'), join(folder, 'pictures')];
let dataset: string;
let engine: EngineProcess;
/** SHA-256 of the student of an undisturbed TINY run, from the command line's own way. */
let undisturbed: string;

beforeAll(async () => {
  dataset = await prepareHome(home, pictures);
  undisturbed = await runUndisturbed(join(folder, 'other-home'), pictures);
  engine = await startEngine(home);
}, 180_000);
afterAll(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('a recipe', () => {
  it('is planned and timed before it runs', async () => {
    const plan = await engine.request('runs.plan', { dataset, recipe: TINY });
    expect(plan).toMatchObject({ problems: [], images: { train: 72, validation: 18, test: 30 } });
    expect(plan.networks!.map(({ role }) => role)).toEqual(['teacher', 'baseline', 'student']);
    expect(plan.time).toBeNull();
    await engine.request('runs.measure', { dataset, recipe: TINY });
    const planned = async (recipe: Recipe) => (await engine.request('runs.plan', { dataset, recipe })).time!;
    const estimate = await planned(TINY);
    expect(estimate.basis).toBe('same');
    expect(estimate.backend).toBe('simd');
    expect(estimate.stages.map(({ stage }) => stage)).toEqual([
      'prepare',
      'teacher',
      'warm-up',
      'prune',
      'fine-tune',
      'measure',
      'export',
    ]);
    expect(estimate.totalMs).toBeCloseTo(
      estimate.stages.reduce((sum, { ms }) => sum + ms, 0),
      6,
    );
    expect(estimate.totalMs).toBeGreaterThan(500);
    expect(estimate.totalMs).toBeLessThan(120_000);
    const twice = { ...TINY, train: { ...TINY.train, teacherEpochs: 100 } };
    const longer = await planned(twice);
    expect(longer.basis).toBe('same');
    const larger = await planned({ ...TINY, data: { ...TINY.data, inputSize: 2 * TINY.data.inputSize } });
    expect(larger.basis).toBe('similar');
    expect(larger.totalMs).toBeGreaterThan(estimate.totalMs);
    expect(longer.stages[1]!.ms).toBeGreaterThan(20 * estimate.stages[1]!.ms);
  });
});

const stateOf = async (run: string) => (await engine.request('runs.show', { run })).row.state;

describe('a run', () => {
  let run: string;

  it('ends with the very weights that the command line gives, and tells of itself on the way', async () => {
    const row = await engine.request('runs.start', { dataset, recipe: TINY, name: 'first' });
    run = row.id;
    expect(row).toMatchObject({ name: 'first', datasetName: 'pictures', dataset, tags: [], failure: null });
    expect((await waitForEnd(engine, run)).row).toMatchObject({ state: 'finished', stage: 'export', failure: null });
    expect(hashStudent(home, run)).toBe(undisturbed);
    const { detail } = await engine.request('runs.show', { run });
    expect(detail.report!.timing.resumes).toBe(0);

    const stepped = engine.events.filter((event) => event.type === 'run.stepped');
    const points = stepped.flatMap((event) => event.points);
    expect(new Set(points.map(({ stage }) => stage))).toEqual(new Set(['teacher', 'warm-up', 'prune', 'fine-tune']));
    const fineTuning = points.filter(({ stage }) => stage === 'fine-tune');
    expect(fineTuning.at(-1)).toMatchObject({ epoch: 3, factors: {}, macs: detail.report!.student.macs });
    const reshaped = engine.events.filter((event) => event.type === 'run.reshaped');
    expect(reshaped).toHaveLength(3);
    const forecasts = engine.events.flatMap((event) =>
      event.type === 'engine.changed' && event.status.progress !== null ? event.status.progress : [],
    );
    expect(forecasts.length).toBeGreaterThan(3);
    expect(forecasts).toEqual([...forecasts].sort((a, b) => a - b));
    expect(await engine.refusal('runs.measure', { dataset: '0123456789abcdef', recipe: TINY })).toMatchObject({
      code: 'dataset.unknown',
    });
    expect(reshaped.at(-1)!.layers.map(({ now }) => now)).toEqual(detail.report!.layers.map(({ after }) => after));
    expect(engine.complaints).toBe('');
  });

  it('has a history that its events agree with', async () => {
    const history = await engine.request('runs.history', { run });
    const { report } = (await engine.request('runs.show', { run })).detail;
    expect(history.epochs).toEqual(report!.history);
    expect(history.cuts).toEqual(report!.cuts);
    expect(history.layers).toEqual(report!.layers.map(({ name, before, after }) => ({ name, before, now: after })));
    const points = engine.events.flatMap((event) => (event.type === 'run.stepped' ? event.points : []));
    expect(history.steps).toHaveLength(points.length);
    expect(history.steps).toEqual(expect.arrayContaining(points));
    expect(history.log[0]!.text).toBe(`Run ${run}: pictures`);
    expect(history.log.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^\[export\] done/));
  });

  it('is annotated, found, and counted by its tags', async () => {
    const row = await engine.request('runs.annotate', { run, note: 'for the phone', tags: ['keep', 'small'] });
    expect(row).toMatchObject({ name: 'first', note: 'for the phone', tags: ['keep', 'small'] });
    await engine.waitFor('run.changed', (event) => event.row.note === 'for the phone');
    const query: RunsQuery = { ...EVERYTHING, text: 'PHONE first', states: ['finished'], tags: ['small'], dataset };
    const found = await engine.request('runs.list', { ...query, sort: 'studentTop1' });
    expect(found).toEqual({ total: 1, rows: [row] });
    expect(await engine.request('runs.tags', {})).toEqual([
      { tag: 'keep', runs: 1 },
      { tag: 'small', runs: 1 },
    ]);
  });

  it('is refused with one sentence where it cannot be, and nothing is written', async () => {
    const list = () => engine.request('runs.list', EVERYTHING);
    const before = await list();
    const start = (recipe: object, other = dataset) => engine.refusal('runs.start', { dataset: other, recipe });
    expect(await start(TINY, '0123456789abcdef')).toMatchObject({ code: 'dataset.unknown' });
    expect(await start({ ...TINY, prune: { ...TINY.prune, macs: 0.01 } })).toMatchObject({
      code: 'budget.unreachable',
    });
    expect(await start({ ...TINY, teacher: { ...TINY.teacher, weights: 'run:0123456789abcd' } })).toMatchObject({
      code: 'run.unknown',
    });
    expect(await engine.refusal('runs.resume', { run })).toMatchObject({ code: 'run.resume' });
    expect(await engine.refusal('runs.pause', { run })).toMatchObject({ code: 'usage.invalid' });
    expect(await engine.refusal('runs.move', { run, position: 1 })).toMatchObject({ code: 'usage.invalid' });
    expect(await engine.refusal('runs.show', { run: '00000000000000' })).toMatchObject({ code: 'run.unknown' });
    expect(await list()).toEqual(before);
  });

  it('is hidden when deleted, from the command line too, restored, and purged when the engine ends', async () => {
    await engine.request('runs.delete', { runs: [run] });
    await engine.waitFor('run.removed', (event) => event.run === run);
    expect(await engine.refusal('runs.show', { run })).toMatchObject({ code: 'run.unknown' });
    expect(await listRuns({ home })).toEqual([]);
    expect(existsSync(join(home, 'runs', run))).toBe(true);
    await engine.request('runs.restore', { runs: [run] });
    expect(await stateOf(run)).toBe('finished');
    expect(readFileSync(join(home, 'runs', run, 'results', 'report.json'), 'utf8')).toContain(run);
    await engine.request('runs.delete', { runs: [run] });
    await engine.request('engine.shutDown', {});
    expect(existsSync(join(home, 'runs', run))).toBe(false);
    await engine.kill();
    engine = await startEngine(home);
    expect(await engine.refusal('runs.restore', { runs: [run] })).toMatchObject({ code: 'run.unknown' });
  });
});

describe('a run that is asked to finish early', () => {
  it('is refused while only the teacher trains; later it is cut at once, measured, exported, and says so', async () => {
    const { id: run } = await engine.request('runs.start', { dataset, recipe: LONG });
    await waitForStage(engine, run, 'teacher');
    expect(await engine.refusal('runs.finishEarly', { run })).toMatchObject({
      code: 'usage.invalid',
      message: expect.stringMatching(/has not been trained/),
    });
    await engine.waitFor(
      'run.stepped',
      (event) => event.run === run && event.points.some(({ stage }) => stage === 'warm-up'),
    );
    await engine.request('runs.finishEarly', { run });
    expect((await waitForEnd(engine, run)).row).toMatchObject({ state: 'finished' });
    const { report } = (await engine.request('runs.show', { run })).detail;
    expect(report!.notes).toContainEqual(expect.stringMatching(/ended early on request, in epoch [12] of stage/));
    expect(report!.student.macs).toBeLessThanOrEqual(0.7 * report!.baseline.macs);
    expect(report!.history.length).toBeLessThan(5);
  }, 120_000);
});
