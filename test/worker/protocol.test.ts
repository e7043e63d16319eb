import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import { EngineProcess } from './engine-process.ts';

const folder = makeTemporaryFolder('decant-worker-');
const engine = new EngineProcess(join(folder, 'home'));
afterAll(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('answers what it is asked, as the contract has it', async () => {
  const status = await engine.request('engine.status', {});
  expect(status).toMatchObject({ state: 'ready', activeRun: null, waiting: 0 });
  expect(status.memoryBytes).toBeGreaterThan(10e6);
  expect(await engine.request('work.cancel', { work: 'nothing-of-that-name' })).toEqual({});
});

describe('what is not understood', () => {
  it.each([
    ['an unknown request', 'runs.explode', {}, /knows no request "runs.explode"/],
    ['a name of Object', 'constructor', {}, /knows no request/],
    ['a request of the main process', 'settings.read', {}, /knows no request/],
    ['a key too many', 'engine.status', { extra: 1 }, /"engine.status" is invalid.*extra/],
    ['a wrong type', 'work.cancel', { work: 7 }, /"work":/],
    ['no params', 'work.cancel', undefined, /is invalid/],
  ])('%s is refused with one sentence', async (_what, name, params, text) => {
    expect(await engine.refusal(name, params)).toMatchObject({
      code: 'ipc.invalid',
      message: expect.stringMatching(text),
    });
  });

  it('1 000 malformed messages are each refused, and the engine lives', async () => {
    const odd = [null, undefined, 7, 'text', [], [1], {}, new Uint8Array(9), new Map([[1, 2]]), Number.NaN, new Date()];
    const before = engine.child.pid;
    const refusals: Promise<{ code: string }>[] = [];
    for (let i = 0; i < 1000; i++) {
      const value = odd[i % odd.length];
      const kind = i % 4;
      if (kind === 0 && value !== undefined) engine.post(value);
      else if (kind === 1) engine.post({ id: value, name: value, params: value });
      else if (kind === 2) refusals.push(engine.refusal(`runs.${String(value)}`, value));
      else refusals.push(engine.refusal('work.cancel', value));
    }
    const codes = (await Promise.all(refusals)).map(({ code }) => code);
    expect(codes.length).toBeGreaterThan(400);
    expect(new Set(codes)).toEqual(new Set(['ipc.invalid']));
    expect(await engine.request('engine.status', {})).toMatchObject({ state: 'ready' });
    expect(engine.child.pid).toBe(before);
    expect(engine.complaints).toBe('');
  });
});

it('stays up where its store cannot be opened, and says why', async () => {
  const home = join(folder, 'damaged');
  mkdirSync(home);
  writeFileSync(join(home, 'decant.sqlite'), 'this is no database');
  const broken = new EngineProcess(home);
  try {
    expect(await broken.request('engine.status', {})).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/decant\.sqlite cannot be read/),
    });
    expect(await broken.refusal('work.cancel', { work: 'w' })).toMatchObject({ code: 'store.unreadable' });
    expect(await broken.request('engine.repairStore', {})).toEqual({
      setAside: expect.stringContaining(join(home, 'decant-set-aside-')),
      restored: [],
      left: [],
    });
    expect(await broken.request('engine.shutDown', {})).toEqual({});
  } finally {
    await broken.kill();
  }
});

it('ends when its parent lets go of it', async () => {
  const orphan = new EngineProcess(join(folder, 'orphan'));
  await orphan.request('engine.status', {});
  const ended = new Promise((resolve) => orphan.child.once('exit', resolve));
  orphan.child.disconnect();
  expect(await ended).toBe(0);
});
