import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listLatencyTables } from '../../electron/engine/index.ts';
import { LATENCY_CALIBRATIONS, LATENCY_CHECKS, LATENCY_ROUNDS } from '../../shared/run/latency-table.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import { EngineProcess } from './engine-process.ts';

const folder = makeTemporaryFolder('decant-worker-latency-');
const home = join(folder, 'home');
const engine = new EngineProcess(home);
afterAll(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('measures this computer with progress, until it is cancelled, and keeps what was timed', async () => {
  const recipe = recipeSchema.parse({ data: { inputSize: 32 } });
  const measuring = engine.refusal('latency.measure', { recipe, work: 'a-measurement' });
  const told = await engine.waitFor('work.progressed', ({ done }) => done >= 3);
  const turns = 240 + LATENCY_CALIBRATIONS + 1 + LATENCY_CHECKS.usual;
  expect(told).toMatchObject({ work: 'a-measurement', stage: 'latency', total: LATENCY_ROUNDS.usual * turns });
  await engine.request('work.cancel', { work: 'a-measurement' });
  await measuring;
  const [table] = await listLatencyTables({ home });
  expect(table).toMatchObject({ name: 'this-tflite-fp32', device: 'this', networks: [] });
  expect(table!.pieces).toBeGreaterThanOrEqual(3);

  // What is kept is listed for the window, removed, and brought back.
  const listed = await engine.request('latency.list', {});
  expect(listed).toMatchObject([{ name: 'this-tflite-fp32', pieces: table!.pieces, networks: [], medianError: null }]);
  await engine.request('latency.remove', { name: 'this-tflite-fp32' });
  expect(await engine.request('latency.list', {})).toEqual([]);
  await engine.request('latency.restore', { name: 'this-tflite-fp32' });
  expect(await engine.request('latency.list', {})).toEqual(listed);
  expect(await engine.refusal('latency.restore', { name: 'other' })).toMatchObject({ code: 'latency.unknown' });
});
