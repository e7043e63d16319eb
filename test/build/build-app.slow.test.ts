import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApp } from '../../build/build-app.ts';
import { DIST, listFiles } from '../../build/files.ts';
import { drawDataset } from '../../electron/engine/data/index.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-build-');
beforeAll(() => buildApp(), 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('leaves what is up to date as it is', async () => {
  expect(await buildApp()).toEqual([]);
});

it('has every module of the sources, and imports none of the sources', async () => {
  const sources = (await listFiles('electron/engine')).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.d.ts'),
  );
  const built = await listFiles('dist/electron/engine');
  const expected = sources.filter((path) => !path.includes('/assembly/')).map((path) => `dist/${path.slice(0, -2)}js`);
  expect(built.filter((path) => path.endsWith('.js'))).toEqual(expected);
  for (const path of built.filter((path) => path.endsWith('.js')))
    expect(readFileSync(join(DIST, '..', path), 'utf8')).not.toMatch(/['"`]\.[^'"`\n]*\/[\w-]+\.ts['"`]/);
});

it('has the finished run that comes with it where the built engine looks for it', async () => {
  const { SAMPLE_RUNS } = await import(join(DIST, 'electron/engine/run/workbench/library/sample-run.js'));
  expect(SAMPLE_RUNS).toBe(join(DIST, 'samples/finished-run'));
  const given = await listFiles('samples/finished-run');
  expect((await listFiles('dist/samples/finished-run')).map((path) => path.replace(/^dist./, ''))).toEqual(given);
});

it('compresses with the built engine in plain Node: threads, kernels and the runtimes of every export', async () => {
  const dataset = join(folder, 'pictures');
  await drawDataset(dataset, { classes: 2, trainPerClass: 20, testPerClass: 5, size: 32, seed: 1 });
  const recipe = join(folder, 'recipe.json');
  await writeFile(
    recipe,
    JSON.stringify({
      data: { inputSize: 32, validation: 0.2 },
      teacher: { width: 0.35, stemStride: 2 },
      student: { width: 0.35, stemStride: 2 },
      train: { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: false },
      prune: { macs: 0.7, steps: 1 },
      measure: { latencyRuns: 10, ckaImages: 8 },
      export: { formats: ['onnx', 'tflite', 'tfjs', 'coreml'] },
    }),
  );
  const cli = join(DIST, 'electron/cli/index.js');
  const args = [cli, 'compress', dataset, '--recipe', recipe, '--home', join(folder, 'home'), '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
  const report = JSON.parse(stdout);
  expect(report.dataset.images.test).toBe(10);
  expect(report.exports.map((file: { format: string }) => file.format).sort()).toEqual([
    'coreml',
    'onnx',
    'tfjs',
    'tflite',
  ]);
}, 300_000);
