import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { TINY_RECIPE } from '../e2e/real-cli.ts';
import { makeTinyRun, type TinyRun } from '../engine/run/tiny-run.ts';
import { EngineProcess } from './engine-process.ts';

let tiny: TinyRun;
let engine: EngineProcess;
let run: string;
beforeAll(async () => {
  tiny = await makeTinyRun();
  ({ run } = tiny.report);
  engine = new EngineProcess(tiny.home);
}, 120_000);
afterAll(async () => {
  await engine.kill();
  await tiny.remove();
});

const EVERYTHING = { label: null, guess: null, wrongOnly: false, offset: 0, limit: 9 };

it('is a point, with predictions, attention and opinions that name its dataset', async () => {
  const points = await engine.request('compare.points', { dataset: null });
  expect(points.map(({ role }) => role).sort()).toEqual(['student', 'teacher']);
  const dataset = points[0]!.dataset;
  const page = await engine.request('compare.predictions', { run, model: 'teacher', ...EVERYTHING });
  expect(page).toMatchObject({ dataset, classes: tiny.report.dataset.classes, total: tiny.report.dataset.images.test });
  const [shown] = page.images;

  const { levels } = await engine.request('compare.attention', { run, image: shown!.image });
  expect(levels.length).toBeGreaterThan(0);
  const bytes = new Uint8Array(readFileSync(join(tiny.dataset, shown!.path)));
  const { opinions } = await engine.request('classify.image', { run, bytes });
  expect(opinions[0]!.top[0]!.name).toBe(page.classes[shown!.teacher[0]!.label]);
  expect(opinions[0]!.top[0]!.probability, 'both are calibrated').toBeCloseTo(shown!.teacher[0]!.probability, 4);
  expect(page.calibrated).toBe(true);
  expect(opinions.some(({ unlike }) => unlike === true)).toBe(shown!.unlike);
  expect(await engine.request('images.thumbnail', { dataset, image: shown!.image, size: 16 })).toBeDefined();
});

it('is exported with progress, other questions are answered meanwhile, and its report is copied', async () => {
  const file = join(tiny.folder, 'worker.onnx');
  const written = engine.request('exports.write', { run, format: 'onnx', precision: 'fp32', file, work: 'export-1' });
  expect(await engine.request('engine.status', {})).toMatchObject({ state: 'ready' });
  expect(await written).toMatchObject({ format: 'onnx', file, images: 24 });
  expect(existsSync(file)).toBe(true);
  expect(engine.events.some((event) => event.type === 'work.progressed' && event.work === 'export-1')).toBe(true);

  const folder = join(tiny.folder, 'all');
  const all = await engine.request('exports.writeAll', { run, folder, stem: 'mine', work: 'export-2' });
  expect(all).toMatchObject({ run, folder });
  expect(all.files.map(({ result, failure }) => (result === null) === (failure !== null))).toEqual(
    new Array(12).fill(true),
  );
  expect(existsSync(join(folder, 'mine-fp16.mlpackage.zip'))).toBe(true);

  const html = join(tiny.folder, 'report.html');
  expect(await engine.request('exports.writeReport', { run, kind: 'html', file: html })).toEqual({});
  expect(readFileSync(html, 'utf8')).toContain('<!doctype html>');
}, 120_000);

it('is the teacher, as an ONNX file, of a run that the window plans, estimates and starts', async () => {
  const file = join(tiny.folder, 'worker.onnx');
  const dataset = (await engine.request('compare.points', { dataset: null }))[0]!.dataset;
  const recipe = recipeSchema.parse({
    ...TINY_RECIPE,
    data: { ...TINY_RECIPE.data, augmentation: { crop: 'none', flip: false } },
    teacher: { onnx: { file } },
    train: { batch: 16, teacherEpochs: 0, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 0, baseline: false },
    distill: { pairs: [['block06/add/output', 'block06/add']] },
  });
  const plan = await engine.request('runs.plan', { dataset, recipe });
  expect(plan.problems).toEqual([]);
  const [teacher] = plan.networks!;
  expect(teacher).toMatchObject({ role: 'teacher', architecture: 'worker.onnx', bytes: statSync(file).size });
  expect(Math.abs(teacher!.macs / tiny.report.student.macs - 1)).toBeLessThan(0.05);

  const wrong = { ...recipe, distill: { ...recipe.distill, pairs: [['nowhere', 'block06/add']] } };
  const { problems, networks } = await engine.request('runs.plan', { dataset, recipe: wrong });
  expect(networks).toBeNull();
  expect(problems).toMatchObject([{ message: expect.stringContaining('no value with that name') }]);
  const gone = { ...recipe, teacher: { ...recipe.teacher, onnx: { ...recipe.teacher.onnx, file: `${file}.gone` } } };
  expect((await engine.request('runs.plan', { dataset, recipe: gone })).problems).toMatchObject([
    { keys: expect.arrayContaining(['teacher.onnx.file']), message: expect.stringContaining('cannot be read') },
  ]);

  await engine.request('runs.measure', { dataset, recipe });
  const { time } = await engine.request('runs.plan', { dataset, recipe });
  expect(time?.stages.map(({ stage }) => stage)).toEqual(['prepare', 'warm-up', 'prune', 'measure', 'export']);
  const { id } = await engine.request('runs.start', { dataset, recipe });
  await expect
    .poll(async () => (await engine.request('runs.show', { run: id })).row.state, { timeout: 100_000, interval: 300 })
    .toBe('finished');
  const { detail } = await engine.request('runs.show', { run: id });
  expect(detail.report!.teacher).toMatchObject({ architecture: 'worker.onnx', top1: tiny.report.student.top1 });
}, 180_000);

it('keeps its dataset from being forgotten', async () => {
  const [point] = await engine.request('compare.points', { dataset: null });
  expect(await engine.refusal('datasets.forget', { dataset: point!.dataset })).toMatchObject({ code: 'dataset.used' });
});

it('said nothing to stderr', () => expect(engine.complaints).toBe(''));
