import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compress, openRunBook, openStore, openWorkbench, writeReport } from '../../electron/engine/index.ts';
import { renderReportHtml } from '../../electron/engine/run/results/report-html.ts';
import { compareRequests } from '../../shared/ipc/topics/compare.ts';
import { runHistorySchema } from '../../shared/ipc/topics/runs.ts';
import type { Cut } from '../../shared/run/report.ts';
import {
  describeOutcome,
  FIXTURE_RUNS,
  type FixtureHome,
  type RunOutcome,
  readExpectedOutcomes,
  readResumedWeights,
  unpackFixtureHome,
} from '../helpers/fixture-home.ts';
import { makeTemporaryFolder } from './folders.ts';
import { decant } from './real-cli.ts';

// What version 0.1.0 stored stays readable; test/fixtures/home-v1 says how it was made.
const folder = makeTemporaryFolder('decant-fixture-');
const expected = readExpectedOutcomes();
const resumed = readResumedWeights();
let fixture: FixtureHome;
beforeAll(() => {
  fixture = unpackFixtureHome(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const decantHere = (...args: string[]) => decant([...args, '--home', fixture.home]);

describe('a finished run of version 0.1.0', () => {
  const run = FIXTURE_RUNS.finished;

  it('is listed with the others', async () => {
    const { status, stdout } = await decantHere('runs', '--json');
    expect(status).toBe(0);
    const runs: { id: string; state: string; stage: string | null }[] = JSON.parse(stdout);
    expect(runs.map(({ id, state, stage }) => [id, state, stage])).toEqual([
      [FIXTURE_RUNS.queued, 'stopped', null],
      [FIXTURE_RUNS.hurried, 'stopped', 'fine-tune'],
      [FIXTURE_RUNS.stopped, 'stopped', 'prune'],
      [FIXTURE_RUNS.finished, 'finished', 'export'],
    ]);
  });

  it('is shown with its report, models and exports', async () => {
    const { status, stdout } = await decantHere('runs', 'show', run, '--json');
    expect(status).toBe(0);
    const { report, models, exports } = JSON.parse(stdout);
    expect(report.confusion).toEqual(expected.finished.confusion);
    expect(models.map(({ role }: { role: string }) => role).sort()).toEqual(['baseline', 'student', 'teacher']);
    expect(exports).toHaveLength(4);
    for (const { file } of exports) expect(existsSync(file), file).toBe(true);
  });

  it('keeps its name, note and tags', async () => {
    const book = await openRunBook(fixture.home);
    try {
      const { row, recipe } = book.show(run);
      expect(row).toMatchObject({ name: 'Three shapes, finished', tags: ['fixture', 'keep'], state: 'finished' });
      expect(row.note).toBe('Line one.\nLine two: “quoted”, ✓.');
      expect(recipe.seed).toBe(22);
    } finally {
      book.close();
    }
  });

  it('has its history', async () => {
    const book = await openRunBook(fixture.home);
    try {
      const history = await book.history(run);
      expect(runHistorySchema.parse(history)).toEqual(history);
      const report = book.show(run).detail.report!; // Of a finished run.
      expect(describeOutcome({ home: fixture.home, run }, { history, report })).toEqual(expected.finished);
      expect(history.steps.length).toBeGreaterThan(0);
    } finally {
      book.close();
    }
  });

  it('is compared: predictions, points, attention', async () => {
    const store = await openStore(fixture.home);
    const workbench = await openWorkbench(store);
    try {
      const comparison = await workbench.comparison();
      const everything = { run, label: null, guess: null, wrongOnly: false, offset: 0, limit: 200 };
      const page = await comparison.readPredictions({ ...everything, model: 'student' });
      expect(compareRequests['compare.predictions'].result.parse(page)).toEqual(page);
      expect(page.total).toBe(24);
      // It was not measured then.
      expect(page).toMatchObject({ calibrated: false, images: page.images.map(() => ({ unlike: null })) });
      const points = comparison.listPoints({ dataset: null });
      expect(points.map(({ run, role }) => `${run} ${role}`).sort()).toEqual(
        ['baseline', 'student', 'teacher'].map((role) => `${run} ${role}`),
      );
      const attention = await comparison.readAttention({ run, image: page.images[0]!.image });
      expect(attention.levels.length).toBeGreaterThan(0);
    } finally {
      await workbench.close();
      store.close();
    }
  });

  it('is exported once more, and the file computes what the network computes', async () => {
    const out = join(folder, 'again.onnx');
    const { status, stdout } = await decantHere('export', run, '--format', 'onnx', '--out', out, '--json');
    expect(status).toBe(0);
    const { maxAbsDifference, top1 } = JSON.parse(stdout);
    expect(maxAbsDifference).toBeLessThan(1e-4);
    const { confusion } = expected.finished as { confusion: { student: number[][] } };
    const right = confusion.student.reduce((sum, row, label) => sum + row[label]!, 0);
    expect(top1).toBeCloseTo(right / 24, 12);
  });

  it('has its report, which is also drawn anew', async () => {
    const store = await openStore(fixture.home);
    const file = join(folder, 'report.html');
    await writeReport(store, { run, kind: 'html', file });
    store.close();
    const book = await openRunBook(fixture.home);
    const report = book.show(run).detail.report!; // Of a finished run.
    book.close();
    for (const page of [readFileSync(file, 'utf8'), renderReportHtml(report)]) {
      expect(page).toContain(`run ${run}.`);
      expect(page).toMatch(/<svg/);
    }
  });

  it('is given back as it is where it is taken up again', async () => {
    const { status, stdout } = await decantHere('compress', '--resume', run, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).confusion).toEqual(expected.finished.confusion);
  });
});

/** Cuts without the milliseconds, of which version 0.1.0 knew nothing. */
const structureOf = ({ cuts, layers, epochs }: RunOutcome) => ({
  cuts: cuts.map((cut) => ({ ...(cut as Cut), latencyMsBefore: undefined, latencyMsAfter: undefined })), // As reports have them.
  layers,
  epochs: epochs.length,
});

describe.each(['stopped', 'hurried', 'queued'] as const)('a %s run of version 0.1.0', (name) => {
  it('goes on where it was', { timeout: 300_000 }, async () => {
    const { home } = fixture;
    const run = FIXTURE_RUNS[name];
    const report = await compress({
      home,
      dataset: null,
      recipe: null,
      resume: run,
      out: null,
      backend: 'simd',
      threads: 2,
      listener: () => undefined,
      signal: new AbortController().signal,
    });
    const book = await openRunBook(home);
    try {
      const outcome = describeOutcome({ home, run }, { history: await book.history(run), report });
      const before = expected[name];
      expect(outcome.weights).toEqual(resumed[name]);
      expect(structureOf(outcome)).toEqual(structureOf(before));
      // Kernels add up in another order than version 0.1.0's: its steps are repeated up to rounding, which then grows.
      const next = outcome.epochs.find(({ loss }, i) => loss !== before.epochs[i]!.loss);
      for (const [i, { loss, terms }] of outcome.epochs.entries()) {
        const then = before.epochs[i]!;
        expect(Object.keys(terms)).toEqual(Object.keys(then.terms));
        expect(Math.abs(loss / then.loss - 1)).toBeLessThan(outcome.epochs[i] === next ? 1e-6 : 0.03);
      }
    } finally {
      book.close();
    }
  });
});
