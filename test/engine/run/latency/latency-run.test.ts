import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { countNetwork } from '../../../../electron/engine/model/index.ts';
import { listPoints } from '../../../../electron/engine/prune/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { describeProcessor } from '../../../../electron/engine/run/context/machine.ts';
import { describeModel } from '../../../../electron/engine/run/context/models.ts';
import { removeLatencyTable, writeLatencyTable } from '../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, type Recipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { listComparisonRows } from '../../../../shared/run/report-rows.ts';
import { listSearchCosts } from '../../../../shared/run/search.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';
import { createLatencyTable } from '../../../helpers/latency-table.ts';
import { FakeTimer } from './fake-timer.ts';

const folder = makeTemporaryFolder('decant-latency-run-');
const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
const draw = () => drawDataset(dataset, { classes: 3, trainPerClass: 24, testPerClass: 8, size: 32, seed: 1 });
beforeAll(async () => void (await draw()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipeOf = (prune: PartialRecipe['prune']) => recipeSchema.parse({ ...TINY_RECIPE, prune });
const student = describeModel(recipeOf({}), 'student', 3);
const FULL_MS = FakeTimer.timeOf(countNetwork(student));
const recipe = recipeOf({ macs: null, latencyMs: 0.7 * FULL_MS, latencyTable: 'abacus', steps: 1 });

/** A table of a runtime that counts multiplications, each taking so many times as long as usual. */
function writeTable({ slower = 1, machine = describeProcessor() } = {}): void {
  const pieces = Object.fromEntries(
    listPoints(student).map(({ key, build }) => [key, [slower * FakeTimer.timeOf(countNetwork(build()))]]),
  );
  const checks = [{ macs: 1, predictedMs: 1, measuredMs: 1.25 }];
  const networks = [
    { title: 'it', pieces: 1, measuredAt: '2026-11-30T10:00:00.000Z', full: null, checks, calibration: [] },
  ];
  writeLatencyTable(home, createLatencyTable({ name: 'abacus', machine, pieces, networks }));
}

function run(
  options: { resume?: string; begun?: Recipe; listener?: (event: RunEvent) => void; signal?: AbortSignal } = {},
) {
  const { resume = null, listener = () => {}, signal = new AbortController().signal } = options;
  const begun = resume === null ? { dataset, recipe: options.begun ?? recipe } : { dataset: null, recipe: null };
  return compress({ home, ...begun, resume, out: null, backend: 'simd', threads: 1, listener, signal });
}

describe('a run with a bound in milliseconds', () => {
  let report: Report;
  const events: RunEvent[] = [];
  beforeAll(async () => {
    writeTable();
    report = await run({ listener: (event) => events.push(event) });
  }, 60_000);

  it('stays below it, and tells what was predicted beside what was measured', () => {
    const { latency } = report;
    expect(latency).toMatchObject({ table: 'abacus', device: 'this', boundMs: 0.7 * FULL_MS });
    expect(latency!.medianError).toBeCloseTo(0.2, 9);
    expect(latency!.baseline.predictedMs).toBeCloseTo(FULL_MS, 6);
    expect(latency!.student.predictedMs).toBeLessThanOrEqual(0.7 * FULL_MS);
    expect(latency!.student.predictedMs).toBeGreaterThan(0.6 * FULL_MS);
    // Measured here, in the real runtime.
    expect(latency!.student.measuredMs).toBeGreaterThan(0);
    const row = listComparisonRows(report).find(({ title }) => title === 'Latency by abacus')!;
    expect(row.student.replaceAll('\u2009', ' ')).toMatch(/^\d+\.\d+ ms \(\d\.\d\d ms predicted\)$/);
    expect(report.conventions.at(-1)).toMatch(/batch 1.*abacus of 2026-11-30, whose median error is 20\.0/);
    const cut = events.find(({ type }) => type === 'cut.made');
    expect(cut).toMatchObject({ cut: { latencyMsAfter: latency!.student.predictedMs } });
  });

  it('goes on with what the table was when it began, whatever is measured later', async () => {
    writeTable({ machine: 'a phone' });
    const stop = new AbortController();
    let id = '';
    const stopping = run({
      signal: stop.signal,
      listener(event) {
        if (event.type === 'run.started') id = event.run;
        if (event.type === 'epoch.finished' && event.metrics.stage === 'warm-up') stop.abort();
      },
    });
    await expect(stopping).rejects.toMatchObject({ code: 'run.stopped' });
    writeTable({ slower: 3, machine: 'another phone' });
    const resumed = await run({ resume: id });
    // The table of another machine predicts, and nothing is measured here.
    expect(resumed.latency!.machine).toBe('a phone');
    expect(resumed.latency!.student).toEqual({ ...report.latency!.student, measuredMs: null });
    expect(resumed.layers).toEqual(report.layers);
    expect(resumed.history.at(-1)!.loss).toBe(report.history.at(-1)!.loss);
  }, 60_000);

  it('holds for the networks of a search, which are predicted each', async () => {
    writeTable();
    const searching = { ...recipe, search: { ...recipe.search, epochs: 1, population: 4, rounds: 2 } };
    const { search, student: found, latency } = await run({ begun: searching });
    const bound = 0.7 * FULL_MS;
    const chosen = search!.candidates[search!.chosen!]!;
    expect(chosen.latencyMs).toBeLessThanOrEqual(bound);
    expect(chosen.latencyMs).toBeCloseTo(latency!.student.predictedMs, 9);
    expect(found.macs).toBe(chosen.macs);
    // As long as the abacus takes for so many multiplications.
    for (const { macs, latencyMs } of search!.candidates) expect(latencyMs).toBeCloseTo(FakeTimer.timeOf({ macs }), 6);
    expect(listSearchCosts(search!)).toEqual(['macs', 'latencyMs']);
  }, 120_000);

  it('is refused at its beginning, in one sentence, without a table that has timed its student', async () => {
    writeTable();
    const other = { ...recipe, data: { ...recipe.data, inputSize: 64 } };
    const begin = (changed: typeof recipe) =>
      compress({
        home,
        dataset,
        recipe: changed,
        resume: null,
        out: null,
        backend: 'simd',
        threads: 1,
        listener: () => {},
        signal: new AbortController().signal,
      });
    await expect(begin(other)).rejects.toThrow(
      /abacus has not timed \d+ of the \d+ pieces of this student; run: decant latency measure --name abacus.*--set data\.inputSize=64/,
    );
    await expect(begin({ ...recipe, prune: { ...recipe.prune, latencyMs: 0.01 } })).rejects.toMatchObject({
      code: 'budget.unreachable',
    });
    removeLatencyTable(home, 'abacus');
    await expect(begin(recipe)).rejects.toThrow(
      /no latency table "abacus"; there is none yet, and "decant latency measure/,
    );
  });
});
