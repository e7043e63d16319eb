import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listRuns } from '../../electron/engine/run/book/runs.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import type { EngineProcess } from './engine-process.ts';
import {
  EVERYTHING,
  hashStudent,
  LONG,
  prepareHome,
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

const stateOf = async (run: string) => (await engine.request('runs.show', { run })).row.state;

describe('several runs', () => {
  it('wait for each other in an order that can be changed; one is held, stopped, resumed, and ends as if it never was', async () => {
    const start = (recipe = TINY) => engine.request('runs.start', { dataset, recipe });
    const [first, second, third] = [await start(), await start(LONG), await start()];
    expect([second.queuePosition, third.queuePosition]).toEqual([1, 2]);
    await engine.request('runs.move', { run: third.id, position: 1 });
    expect(await stateOf(second.id)).toBe('queued');
    expect((await engine.request('runs.show', { run: second.id })).row.queuePosition).toBe(2);
    expect((await engine.request('engine.status', {})).waiting).toBe(2);

    // Held: no step is taken, and the process answers.
    await waitForStage(engine, first.id, 'teacher');
    expect(await engine.request('runs.pause', { run: first.id })).toMatchObject({ state: 'paused' });
    await pass(1500);
    const told = engine.events.filter(({ type }) => type === 'run.stepped').length;
    await pass(1500);
    expect(engine.events.filter(({ type }) => type === 'run.stepped')).toHaveLength(told);
    expect(await engine.refusal('runs.delete', { runs: [first.id] })).toMatchObject({ code: 'run.busy' });
    expect(await engine.request('runs.resume', { run: first.id })).toMatchObject({ state: 'running' });

    await waitForStage(engine, first.id, 'prune');
    expect(await engine.request('runs.stop', { run: first.id })).toMatchObject({ state: 'stopped', stage: 'prune' });
    await engine.waitFor('run.changed', ({ row }) => row.id === third.id && row.state === 'running');
    expect(await engine.request('runs.stop', { run: second.id })).toMatchObject({ queuePosition: null });
    expect(await engine.request('runs.resume', { run: first.id })).toMatchObject({ state: 'queued', queuePosition: 1 });
    const from = engine.events.length;
    expect((await waitForEnd(engine, third.id)).row.state).toBe('finished');
    expect((await waitForEnd(engine, first.id, from)).row.state).toBe('finished');
    expect(hashStudent(home, first.id)).toBe(undisturbed);
    expect(hashStudent(home, third.id)).toBe(undisturbed);
    expect(await stateOf(second.id)).toBe('stopped');
    const { steps } = await engine.request('runs.history', { run: first.id });
    const places = steps.map(({ stage, step }) => `${stage === 'teacher' ? stage : 'student'} ${step}`);
    expect(new Set(places).size).toBe(places.length);
  }, 180_000);
});

describe('an engine that dies', () => {
  it('goes on with its run at the next start, and the queue is as it was', async () => {
    const { id: run } = await engine.request('runs.start', { dataset, recipe: TINY });
    const { id: next } = await engine.request('runs.start', { dataset, recipe: LONG });
    await waitForStage(engine, run, 'prune');
    await engine.kill();
    expect((await listRuns({ home })).find(({ id }) => id === run)!.state).toBe('interrupted');
    engine = await startEngine(home);
    expect((await waitForEnd(engine, run)).row.state).toBe('finished');
    expect(hashStudent(home, run)).toBe(undisturbed);
    await engine.waitFor('run.changed', ({ row }) => row.id === next && row.state === 'running');

    // Ended in order, it goes on with the run at work; paused before, it does not.
    await engine.request('engine.shutDown', {});
    await engine.kill();
    engine = await startEngine(home);
    await engine.waitFor('run.changed', ({ row }) => row.id === next && row.state === 'running');
    await engine.request('runs.pause', { run: next });
    await engine.kill();
    engine = await startEngine(home);
    expect(await engine.request('engine.status', {})).toMatchObject({ activeRun: null, waiting: 0 });
    expect(await stateOf(next)).toBe('interrupted');
  }, 180_000);

  it('gives a run up that it died of too often, with a sentence', async () => {
    const { rows } = await engine.request('runs.list', { ...EVERYTHING, states: ['interrupted'] });
    const run = rows[0]!.id;
    await engine.kill();
    const db = new Database(join(home, 'decant.sqlite'));
    db.prepare('UPDATE runs SET attempts = 4 WHERE id = ?').run(run);
    db.close();
    engine = await startEngine(home);
    const { row } = await engine.request('runs.show', { run });
    expect(row).toMatchObject({ state: 'failed', failure: expect.stringMatching(/stopped 4 times in a row/) });
    expect((await engine.request('runs.history', { run })).log.at(-1)).toMatchObject({ level: 'error' });
  });
});

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
