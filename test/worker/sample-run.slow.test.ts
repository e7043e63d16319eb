import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SAMPLE_RUNS } from '../../electron/engine/run/workbench/library/sample-run.ts';
import { judge } from '../../shared/run/verdict.ts';
import type { EngineProcess } from './engine-process.ts';
import { startEngine } from './tiny-runs.ts';

let home: string;
let engine: EngineProcess;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'decant-sample-run-'));
  engine = await startEngine(home);
}, 60_000);
afterAll(async () => {
  await engine.kill();
  rmSync(home, { recursive: true, force: true });
});

it('the finished run that comes with Decant is opened with its images, and all that a run’s pages ask is there', async () => {
  const row = await engine.request('runs.openSample', { work: 'sample-1' });
  const run = row.id;
  expect(row).toMatchObject({ state: 'finished', name: 'Sample: drawn pictures', tags: ['sample'] });
  const { detail } = await engine.request('runs.show', { run });
  const report = detail.report!; // It is finished.
  expect(existsSync(detail.datasetPath)).toBe(true);
  // What a newcomer sees first; otherwise the run is to be made again.
  expect(judge(report).title).toBe('Ready to ship');
  expect((await engine.request('runs.history', { run })).epochs.length).toBeGreaterThan(50);

  const page = await engine.request('compare.predictions', {
    run,
    model: 'student',
    label: null,
    guess: null,
    wrongOnly: false,
    offset: 0,
    limit: 5,
  });
  expect(page).toMatchObject({ total: report.dataset.images.test, calibrated: true });
  const shown = page.images[0]!;
  expect((await engine.request('compare.attention', { run, image: shown.image })).levels.length).toBeGreaterThan(0);
  const bytes = new Uint8Array(readFileSync(join(detail.datasetPath, shown.path)));
  const { opinions } = await engine.request('classify.image', { run, bytes });
  expect(opinions.map(({ top }) => page.classes.indexOf(top[0]!.name))).toEqual([
    shown.teacher[0]!.label,
    shown.student[0]!.label,
  ]);
  const file = join(home, 'sample.tflite');
  const written = await engine.request('exports.write', {
    run,
    format: 'tflite',
    precision: 'int8',
    file,
    work: 'export-1',
  });
  expect(written.images).toBeGreaterThan(0);
  expect(existsSync(file)).toBe(true);

  await engine.request('runs.delete', { runs: [run] });
  expect((await engine.request('runs.openSample', { work: 'sample-2' })).id).toBe(run);
  expect(await engine.request('runs.countLost', {})).toEqual({ runs: 0 });
}, 120_000);

it('it is small, and says nothing of the machine’s folders', () => {
  const files = readdirSync(SAMPLE_RUNS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(10e6);
  for (const file of files.filter((path) => /[.](json|html|txt)$/.test(path)))
    expect(readFileSync(file, 'utf8'), file).not.toMatch(/\/(tmp|home|root|Users)\//);
});
