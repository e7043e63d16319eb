import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { countNetwork, parseNetwork } from '../../../electron/engine/model/index.ts';
import { showRun } from '../../../electron/engine/run/book/runs.ts';
import { compress } from '../../../electron/engine/run/compress.ts';
import { evaluateModel } from '../../../electron/engine/run/results/evaluate.ts';
import { exportRun } from '../../../electron/engine/run/results/export-run.ts';
import { type RunEvent, runEventSchema } from '../../../shared/run/events.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { type Report, reportSchema } from '../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';

const RECIPE = recipeSchema.parse({
  data: { inputSize: 32, validation: 0.2 },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  // The processor has no mixed precision.
  train: { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, precision: 'mixed' },
  prune: { macs: 0.7, parameters: 0.9, steps: 2 },
  measure: { latencyRuns: 10, ckaImages: 8 },
});

/** Told in between, whenever losses have been read. */
const CURVES: ReadonlySet<RunEvent['type']> = new Set(['steps.trained', 'network.reshaped', 'run.forecast']);

const folder = makeTemporaryFolder('decant-compress-');
const [home, out, dataset] = [join(folder, 'home'), join(folder, 'out'), join(folder, 'pictures')];
const events: RunEvent[] = [];
const signal = new AbortController().signal;
const quiet = () => undefined;
const common = { home, backend: 'simd', threads: null, signal, resume: null, dataset } as const;
let report: Report;

beforeAll(async () => {
  await drawDataset(dataset, { classes: 3, trainPerClass: 30, testPerClass: 10, size: 32, seed: 1 });
  report = await compress({ ...common, recipe: RECIPE, out, listener: (event) => events.push(event) });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// No back end is active between runs, so that tf.memory() has none to ask.
afterEach(() => expect(tf.engine().state.numTensors).toBe(0));

describe('the report', () => {
  it('is what its schema says, and what lies in the output folder', async () => {
    expect(reportSchema.parse(report)).toEqual(report);
    expect(JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))).toEqual(report);
    expect(report.dataset.images).toEqual({ train: 72, validation: 18, test: 30, unlabelled: 0 });
  });

  it('meets the budget, never exceeds it, and its figures are those of the networks written', async () => {
    const { student, baseline } = report;
    expect(student.macs).toBeLessThanOrEqual(0.7 * baseline.macs);
    expect(student.parameters).toBeLessThanOrEqual(0.9 * baseline.parameters);
    for (const role of ['teacher', 'student'] as const) {
      const network = parseNetwork(JSON.parse(await readFile(join(out, role, 'network.json'), 'utf8')));
      const { macs, parameters, flops } = countNetwork(network);
      expect(report[role]).toMatchObject({ macs, parameters, flops });
    }
    expect(report.reduction.flopsVsBaseline).toBeCloseTo(1 - student.macs / baseline.macs, 12);
  });

  it('has cuts that go on from each other to the final size, and widths in multiples of 8', () => {
    const { cuts, baseline, student, layers } = report;
    expect(cuts.map(({ cut }) => cut)).toEqual([1, 2]);
    expect([baseline.macs, ...cuts.map(({ macsAfter }) => macsAfter)]).toEqual([
      ...cuts.map(({ macsBefore }) => macsBefore),
      student.macs,
    ]);
    const narrowed = layers.filter(({ before, after }) => after < before);
    expect(narrowed.length).toBeGreaterThan(3);
    for (const { after } of narrowed) expect(after % 8).toBe(0);
    for (const { before, after } of layers) expect(after).toBeLessThanOrEqual(before);
  });

  it('counts every test image once in each confusion matrix, and its accuracies are their diagonals', () => {
    for (const role of ['teacher', 'baseline', 'student'] as const) {
      const matrix = report.confusion[role]!;
      expect(matrix.map((row) => row.reduce((a, b) => a + b, 0))).toEqual([10, 10, 10]);
      expect(report[role].top1).toBeCloseTo(matrix.reduce((sum, row, i) => sum + row[i]!, 0) / 30, 12);
    }
    expect(report.perClass.map(({ top1 }) => top1)).toEqual(report.confusion.student.map((row, i) => row[i]! / 10));
  });

  it('tells of every epoch of every stage, of time, memory and likeness', () => {
    const stages = report.history.map(({ stage, epoch }) => `${stage} ${epoch}`);
    expect(stages.sort()).toEqual(['baseline 1', 'baseline 2', 'fine-tune 2', 'prune 1', 'teacher 0', 'warm-up 0']);
    expect(report.timing.stages.map(({ stage }) => stage)).toEqual([
      'prepare',
      'teacher',
      'warm-up',
      'prune',
      'fine-tune',
      'baseline',
      'measure',
      'export',
    ]);
    expect(Object.keys(report.calibration)).toEqual(['teacher', 'baseline', 'student']);
    for (const known of Object.values(report.calibration)) expect(known).not.toBeNull();
    const { teacher, student, either } = report.unlike!;
    expect(either).toBeGreaterThanOrEqual(Math.max(teacher, student));
    expect(report.cka.some(({ distilled }) => distilled)).toBe(true);
    for (const { value } of report.cka) expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-6);
    expect(report.peakMemoryBytes).toBeGreaterThan(50e6);
    for (const role of ['teacher', 'baseline', 'student'] as const) {
      const { latencyMs, fps } = report[role];
      expect(latencyMs.p95).toBeGreaterThanOrEqual(latencyMs.p50);
      expect(fps).toBeCloseTo(1000 / latencyMs.p50, 6);
    }
  });
});

it('exports a file that computes the same, with the hash that is told', async () => {
  const [file] = report.exports;
  expect(file).toMatchObject({ format: 'onnx', precision: 'fp32', file: 'student.onnx', images: 30 });
  expect(file!.maxAbsDifference).toBeLessThanOrEqual(1e-3 * file!.logitsRange);
  expect(file!.top1).toBe(report.student.top1);
  const bytes = await readFile(join(out, 'student.onnx'));
  expect(bytes.byteLength).toBe(file!.bytes);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(file!.sha256);
  expect(report.student.bytes).toBe(file!.bytes);
});

it('gives the same accuracy as a run, as a folder and as an ONNX file', async () => {
  const targets = [report.run, join(out, 'student'), join(out, 'student.onnx')];
  for (const target of targets) {
    const result = await evaluateModel({ home, target, dataset, listener: quiet, signal });
    expect({
      target,
      split: result.split,
      images: result.images,
      top1: result.top1,
      confusion: result.confusion,
    }).toEqual({
      target,
      split: 'test',
      images: 30,
      top1: report.student.top1,
      confusion: report.confusion.student,
    });
  }
});

it('exports once more what it exported', async () => {
  const file = join(folder, 'again.onnx');
  const result = await exportRun({ home, run: report.run, format: 'onnx', precision: 'fp32', out: file, signal });
  expect(result.sha256).toBe(report.exports[0]!.sha256);
  expect(result.top1).toBe(report.student.top1);
  // And is remembered, with the networks.
  const { exports, models } = await showRun({ home, run: report.run });
  expect(exports).toEqual([expect.objectContaining({ file, top1: result.top1, sha256: result.sha256 })]);
  expect(models.find(({ role }) => role === 'student')).toEqual({ role: 'student', ...report.student });
});

it.each([
  ['tflite', 'raw.tflite'],
  ['tfjs', 'raw.tfjs.zip'],
] as const)(
  'from raw images, through the decoder, a %s file is as accurate as the report says',
  async (format, name) => {
    const file = join(folder, name);
    await exportRun({ home, run: report.run, format, precision: 'fp32', out: file, signal });
    const result = await evaluateModel({ home, target: file, dataset, listener: quiet, signal });
    expect([result.top1, result.confusion]).toEqual([report.student.top1, report.confusion.student]);
  },
);

it('tells what happens as events of its schema, in order', () => {
  for (const event of events) expect(runEventSchema.safeParse(event)).toMatchObject({ success: true });
  const types = events.map(({ type }) => type);
  expect([types[0], types.at(-1)]).toEqual(['run.started', 'run.finished']);
  const begun = events.flatMap((event) => (event.type === 'stage.started' ? [event.stage] : []));
  const ended = events.flatMap((event) => (event.type === 'stage.finished' ? [event.stage] : []));
  expect(begun).toEqual(report.timing.stages.map(({ stage }) => stage));
  expect(ended).toEqual(begun);
  expect(types.filter((type) => type === 'epoch.finished')).toHaveLength(report.history.length);
  expect(events.flatMap((event) => (event.type === 'cut.made' ? [event.cut] : []))).toEqual(report.cuts);
  for (const stage of ['teacher', 'prune', 'baseline'] as const) {
    const done = events.flatMap((event) =>
      event.type === 'run.progressed' && event.stage === stage ? [event.done / event.total] : [],
    );
    expect(done.every((share, i) => share >= (done[i - 1] ?? 0) && share <= 1)).toBe(true);
  }
});

it('says that mixed precision, which was asked for, is not to be had', () => {
  expect(events.find(({ type }) => type === 'backend.chosen')).toMatchObject({ backend: 'simd', precision: 'f32' });
  const warnings = events.flatMap((event) => (event.type === 'warning.raised' ? [event.message] : []));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^Mixed precision was requested, but simd on .* does not offer it; training computes in f32\.$/,
    ),
  ]);
  expect(report.backend.precision).toBe('f32');
  expect(report.history[0]).toMatchObject({ skippedSteps: 0, lossScale: null });
});

describe('of files that were damaged', () => {
  const flipped = async (path: string, work: () => Promise<void>): Promise<void> => {
    const whole = readFileSync(path);
    const damaged = Buffer.from(whole);
    damaged[damaged.length >> 1]! ^= 1;
    writeFileSync(path, damaged);
    await work().finally(() => writeFileSync(path, whole));
  };
  const again = (to: string) =>
    compress({ ...common, dataset: null, recipe: null, resume: report.run, out: to, listener: quiet });

  it.each(['student.onnx', 'report.html', join('student', 'weights.safetensors'), 'labels.txt'])(
    'a result is not handed out as good, and nothing is: %s',
    async (name) => {
      const to = join(folder, 'of-damaged');
      await flipped(join(home, 'runs', report.run, 'results', name), async () => {
        const message = expect.stringMatching(/The result .* cannot be used: it has changed since it was written; /);
        await expect(again(to)).rejects.toMatchObject({ code: 'results.damaged', message });
        expect(existsSync(join(to, 'report.json'))).toBe(false);
      });
    },
  );

  it('weights of a run start no other run', async () => {
    const { artifact, sha256 } = findWeights();
    const recipe = recipeSchema.parse({ ...RECIPE, teacher: { ...RECIPE.teacher, weights: `run:${report.run}` } });
    await flipped(artifact, async () => {
      const started = compress({ ...common, recipe, out: null, listener: quiet });
      const message = expect.stringMatching(/ of run \w+ cannot be used: its content has changed since it was written/);
      await expect(started).rejects.toMatchObject({ code: 'checkpoint.unreadable', message });
    });
    expect(createHash('sha256').update(readFileSync(artifact)).digest('hex')).toBe(sha256);
  });

  it('what a killed process left of a copy goes with the next one', async () => {
    const to = join(folder, 'copied-before');
    const left = ['.labels.txt.0123456789ab.tmp', join('student', '.weights.safetensors.0123456789ab.tmp')];
    mkdirSync(join(to, 'student'), { recursive: true });
    for (const name of [...left, '.of-somebody.tmp']) writeFileSync(join(to, name), 'half');
    // Processes have no such numbers.
    const mark = join(home, 'cache', `.${'0'.repeat(32)}.fffffff00000.use`);
    writeFileSync(mark, '');
    await again(to);
    expect(existsSync(mark)).toBe(false);
    for (const name of left) expect(existsSync(join(to, name)), name).toBe(false);
    expect(existsSync(join(to, '.of-somebody.tmp'))).toBe(true);
    expect(await readFile(join(to, 'student.onnx'))).toEqual(await readFile(join(out, 'student.onnx')));
  });

  /** The file of the teacher's weights, with the hash that the store has. */
  function findWeights(): { artifact: string; sha256: string } {
    const db = new Database(join(home, 'decant.sqlite'), { readonly: true });
    const row = db
      .prepare<[string], { path: string; sha256: string }>(
        "SELECT path, sha256 FROM artifacts WHERE run = ? AND name = 'teacher.safetensors'",
      )
      .get(report.run)!;
    db.close();
    return { artifact: join(home, 'runs', report.run, row.path), sha256: row.sha256 };
  }
});

it('gives the same numbers again, on the stored split', async () => {
  const splits = () => {
    const db = new Database(join(home, 'decant.sqlite'), { readonly: true });
    const rows = db.prepare('SELECT * FROM splits').all();
    db.close();
    return rows;
  };
  const before = splits();
  const again = await compress({ ...common, recipe: RECIPE, out: null, listener: quiet });
  expect(splits()).toEqual(before);
  expect(again.run).not.toBe(report.run);
  expect(again.exports[0]!.sha256).toBe(report.exports[0]!.sha256);
  expect(again.confusion).toEqual(report.confusion);
});

it('stops when asked to, whatever it is at, and a resumed run ends with the same student', async () => {
  let run = '';
  /** Takes the run up until an event at which it is stopped; the types of the events told. */
  const goOn = async (isTime: (event: RunEvent) => boolean) => {
    const stop = new AbortController();
    const told: string[] = [];
    const stopped = compress({
      ...common,
      ...(run === '' ? { recipe: RECIPE } : { dataset: null, recipe: null, resume: run }),
      out: null,
      signal: stop.signal,
      listener: (event) => {
        if (event.type === 'run.started') run = event.run;
        if (stop.signal.aborted && !CURVES.has(event.type)) told.push(event.type);
        if (isTime(event)) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'run.stopped', status: 130 });
    return told;
  };
  const trained = (stage: string, share: number) => (event: RunEvent) =>
    event.type === 'run.progressed' && event.stage === stage && event.done >= share * event.total;
  // Between two steps; before validation; before and in a cut, which takes statistics from images; while measuring.
  expect(await goOn(trained('teacher', 0.5))).toEqual(['checkpoint.written']);
  expect(await goOn(trained('teacher', 1))).toEqual(['checkpoint.written']);
  expect(await goOn(trained('warm-up', 1))).toEqual(['checkpoint.written']);
  expect(await goOn(trained('prune', 0.5))).toEqual(['checkpoint.written']);
  expect(await goOn(({ type }) => type === 'cut.made')).toEqual(['checkpoint.written']);
  expect(await goOn((event) => event.type === 'stage.started' && event.stage === 'measure')).toEqual([]);
  const resumed = await compress({ ...common, dataset: null, recipe: null, resume: run, out: null, listener: quiet });
  expect(resumed.exports[0]!.sha256).toBe(report.exports[0]!.sha256);
  expect(resumed.timing.resumes).toBe(6);
  expect([resumed.calibration, resumed.unlike]).toEqual([report.calibration, report.unlike]);
  expect(resumed.history.map(({ loss }) => loss)).toEqual(report.history.map(({ loss }) => loss));
  expect(resumed.sessions.map(({ backend }) => backend)).toEqual(new Array(7).fill('simd'));
  expect(resumed.peakMemoryBytes).toBe(Math.max(...resumed.sessions.map(({ peakMemoryBytes }) => peakMemoryBytes)));
  expect(resumed.notes).toEqual([]);
});

it('fails with what and where when numbers are not finite, and keeps what was good', async () => {
  const told: RunEvent[] = [];
  const listener = (event: RunEvent) => void told.push(event);
  const recipe = recipeSchema.parse({ ...RECIPE, distill: { logits: { weight: 1e38 } } });
  const where = /\(student\) failed in epoch 1, batch \d/;
  const diverged = { code: 'training.diverged', status: 1, message: expect.stringMatching(where) };
  await expect(compress({ ...common, recipe, out: null, listener })).rejects.toMatchObject(diverged);
  const run = told.flatMap((event) => (event.type === 'run.started' ? [event.run] : []))[0]!;
  expect(await showRun({ home, run })).toMatchObject({ state: 'failed', failure: expect.stringMatching(where) });

  // Taken up again, it goes on from the teacher, which was good.
  told.length = 0;
  const resumed = compress({ ...common, dataset: null, recipe: null, resume: run, out: null, listener });
  await expect(resumed).rejects.toMatchObject(diverged);
  const begun = told.flatMap((event) => (event.type === 'stage.started' ? [event.stage] : []));
  expect(begun).toEqual(['prepare', 'warm-up']);
});
