import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import { CONTENT, type Hub, serve, startHub } from '../engine/catalogue/hub.ts';
import { EngineProcess } from './engine-process.ts';

/** The one whose hash only the hub knows, so that a hub of our own can serve it. */
const ID = 'timm-mobilenetv2-140';
const folder = makeTemporaryFolder('decant-worker-weights-');
let hub: Hub;
let engine: EngineProcess;
beforeAll(async () => {
  hub = await startHub(serve);
  process.env.DECANT_HUB = hub.address;
  engine = new EngineProcess(join(folder, 'home'));
});
afterAll(async () => {
  delete process.env.DECANT_HUB;
  await engine.kill();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

it('lists published weights, downloads some with progress, and removes them', async () => {
  const entries = await engine.request('weights.list', {});
  expect(entries.map(({ state }) => state)).toEqual(entries.map(() => 'absent'));
  const entry = await engine.request('weights.download', { id: ID, work: 'a-download' });
  expect(entry).toMatchObject({ id: ID, state: 'ready', sizeBytes: CONTENT.length });
  const told = await engine.waitFor('work.progressed', ({ done, total }) => done === total);
  expect(told).toMatchObject({ work: 'a-download', stage: 'download', total: CONTENT.length, unit: 'bytes' });
  expect(await engine.request('weights.remove', { id: ID })).toMatchObject({ state: 'absent' });
  expect(await engine.refusal('weights.remove', { id: 'timm-mobilnetv2-140' })).toMatchObject({
    code: 'weights.unknown',
    message: expect.stringContaining(`did you mean "${ID}"?`),
  });
});
