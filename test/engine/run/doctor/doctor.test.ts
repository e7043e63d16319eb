import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BACKEND_NAMES } from '../../../../electron/engine/compute/index.ts';
import { doctor, type Probe } from '../../../../electron/engine/run/doctor/doctor.ts';
import type { FoundBackend, ProbeMessage } from '../../../../electron/engine/run/doctor/messages.ts';
import { runProbe } from '../../../../electron/engine/run/doctor/run-probe.ts';
import { openStore } from '../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-doctor-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;
const quiet = () => undefined;

const ready: FoundBackend = {
  state: 'ready',
  reason: null,
  device: 'a device',
  threads: 0,
  kernels: null,
  selfTest: { checks: 126, maxError: 1e-7, elapsedMs: 1, failure: null },
};
const absent: FoundBackend = { ...ready, state: 'absent', reason: 'it is not there', device: null, selfTest: null };
const timed: ProbeMessage = {
  type: 'timed',
  speed: { precision: 'f32', size: 32, batch: 64, stepMs: 80, imagesPerSecond: 800 },
};
const found = (backend: FoundBackend): ProbeMessage => ({ type: 'found', backend });

/** Answers for each back end what is given for it; the others are absent. */
const answering =
  (answers: Record<string, Awaited<ReturnType<Probe>>>): Probe =>
  async (request) =>
    answers[request.what === 'backend' ? request.name : request.what] ?? { messages: [found(absent)], failure: null };

const diagnose = (probe: Probe, home = join(folder, 'nowhere')) =>
  doctor({ home, threads: null, listener: quiet, signal, probe });

describe('doctor', () => {
  it('tries every back end in its order and says which is the first that works', async () => {
    const events: RunEvent[] = [];
    const probe = answering({
      simd: { messages: [found(ready), timed], failure: null },
      cpu: { messages: [found(ready), timed], failure: null },
      'onnx-runtime': { messages: [{ type: 'runtime', description: 'onnxruntime-node 1.30.0' }], failure: null },
    });
    const home = join(folder, 'nowhere');
    const listener = (event: RunEvent) => events.push(event);
    const diagnosis = await doctor({ home, threads: null, listener, signal, probe });
    expect(diagnosis.backends.map(({ name, state, chosen }) => [name, state, chosen])).toEqual([
      ['tensorflow', 'absent', false],
      ['webgpu', 'absent', false],
      ['simd', 'ready', true],
      ['cpu', 'ready', false],
    ]);
    expect(diagnosis.backends[0]).toMatchObject({ reason: 'it is not there', speeds: [] });
    expect(diagnosis.backends[2]!.speeds).toEqual([timed.type === 'timed' && timed.speed]);
    expect(diagnosis).toMatchObject({
      node: process.versions.node,
      v8: process.versions.v8,
      webAssembly: { simd: true, sharedMemory: true },
      onnxRuntime: 'onnxruntime-node 1.30.0',
      store: { home, state: 'none', problem: null, runs: 0 },
    });
    expect(events.filter(({ type }) => type === 'note.added')).toHaveLength(BACKEND_NAMES.length);
    expect(events.at(-1)).toMatchObject({ type: 'run.progressed', done: 4, total: 4 });
  });

  it('loses to a crash only what was not known before it', async () => {
    const { backends } = await diagnose(
      answering({
        tensorflow: { messages: [], failure: 'its process was ended by SIGSEGV' },
        webgpu: { messages: [found(ready)], failure: 'it did not answer within 60 s' },
        simd: { messages: [found(ready), timed], failure: null },
      }),
    );
    expect(backends[0]).toMatchObject({ state: 'crashed', chosen: true, selfTest: null });
    expect(backends[0]!.reason).toBe('its process was ended by SIGSEGV');
    expect(backends[1]).toMatchObject({ state: 'crashed', device: 'a device', selfTest: { checks: 126 } });
    expect(backends[1]!.reason).toBe('after its self-test, it did not answer within 60 s');
    expect(backends[2]!.state).toBe('ready');
  });

  it('passes over a back end that computes wrongly', async () => {
    const failure = 'dense 2x3 to 4, value: off by 1.0e+0 of its range';
    const wrong: FoundBackend = {
      ...absent,
      state: 'wrong',
      reason: `it failed its self-test at ${failure}`,
      selfTest: { checks: 4, maxError: 1, elapsedMs: 1, failure },
    };
    const { backends, onnxRuntime } = await diagnose(
      answering({ webgpu: { messages: [found(wrong)], failure: null } }),
    );
    expect(backends.some(({ chosen }) => chosen)).toBe(false);
    expect(backends[1]!.selfTest!.failure).toBe(failure);
    expect(onnxRuntime).toBeNull();
  });

  it('checks the store, and makes none', async () => {
    const home = join(folder, 'sound');
    openStore(home).close();
    expect((await diagnose(answering({}), home)).store).toMatchObject({ state: 'sound', problem: null, runs: 0 });

    const damaged = join(folder, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'decant.sqlite'), 'this is no database, but long enough to be taken for one');
    const { store } = await diagnose(answering({}), damaged);
    expect(store.state).toBe('unusable');
    expect(store.problem).toMatch(/decant\.sqlite cannot be read/);

    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect((await diagnose(answering({}), empty)).store.state).toBe('none');
    expect(readdirSync(empty)).toEqual([]);
  });
});

describe('a probe', () => {
  const entryOf = (name: string, source: string): URL => {
    writeFileSync(join(folder, name), source);
    return new URL(`file://${join(folder, name)}`);
  };
  const run = (entry: URL, limitMs = 30_000) => runProbe({ what: 'onnx-runtime' }, { signal, limitMs, entry });

  it('tells what it found of a back end, and its speed', { timeout: 60_000 }, async () => {
    const request = { what: 'backend', name: 'simd', threads: 1 } as const;
    const { messages, failure } = await runProbe(request, { signal, limitMs: 50_000 });
    expect(failure).toBeNull();
    expect(messages.map(({ type }) => type)).toEqual(['found', 'timed']);
    expect(messages[0]).toMatchObject({ backend: { state: 'ready', threads: 1, selfTest: { failure: null } } });
    expect(messages[1]).toMatchObject({ speed: { precision: 'f32', size: 32, batch: 64 } });
  });

  it('tells why a back end is not there', async () => {
    const request = { what: 'backend', name: 'tensorflow', threads: null } as const;
    const { messages } = await runProbe(request, { signal, limitMs: 30_000 });
    const reason = 'neither tfjs-node-gpu nor tfjs-node is installed';
    expect(messages).toEqual([found({ ...absent, reason })]);
  });

  it('is a thread inside Electron, where it may fail as well', async () => {
    const broken = entryOf('broken.mjs', 'throw new Error("the driver is too old.");');
    const request = { what: 'backend', name: 'simd', threads: 1 } as const;
    expect(await runProbe(request, { signal, limitMs: 30_000, entry: broken, place: 'thread' })).toEqual({
      messages: [],
      failure: 'its thread failed: the driver is too old',
    });
  });

  it('may be ended by a signal', async () => {
    const entry = entryOf(
      'abort.mjs',
      'process.on("message", ({ id }) => process.send({ id, event: { type: "runtime" } }, () => process.abort()));',
    );
    const { messages, failure } = await run(entry);
    expect(messages).toEqual([{ type: 'runtime' }]);
    expect(failure).toMatch(/^its process was ended by SIGABRT/);
  });

  it('may throw: its last words are kept', async () => {
    const { failure } = await run(entryOf('throw.mjs', 'throw new Error("the driver is too old.");'));
    expect(failure).toBe('its process ended with status 1: Error: the driver is too old');
  });

  it('may hang: it is ended', async () => {
    const { failure } = await run(entryOf('hang.mjs', 'setInterval(() => undefined, 1000);'), 300);
    expect(failure).toBe('it did not answer within 0.3 s');
  });

  it('is ended when the user asks to stop', async () => {
    const entry = entryOf('wait.mjs', 'setInterval(() => undefined, 1000);');
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 200);
    await expect(runProbe({ what: 'onnx-runtime' }, { signal: stop.signal, limitMs: 30_000, entry })).rejects.toThrow(
      'enough',
    );
  });
});
