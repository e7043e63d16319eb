import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineHost, type HostOptions } from '../../electron/main/engine/engine-host.ts';
import { startWithNode } from '../../electron/main/engine/engine-process.ts';
import type { AppEvent } from '../../shared/ipc/events.ts';

const ENTRY = fileURLToPath(new URL('./fake-engine.mjs', import.meta.url));
const RUN = { run: '0123456789abcd' };

let host: EngineHost;
let events: AppEvent[];
let lines: string[];

function createHost(options: Partial<HostOptions> = {}, args: string[] = []): EngineHost {
  events = [];
  lines = [];
  host = new EngineHost({
    start: startWithNode({ node: process.execPath, entry: ENTRY, args }),
    configuration: () => ({ backend: 'simd', threads: 3, cacheLimitBytes: null }),
    onEvent: (event) => events.push(event),
    log: (line) => lines.push(line),
    backOffMs: [5, 10, 20],
    ...options,
  });
  return host;
}

/** The states that were told, without repetitions. */
function listStates(): string[] {
  const states = events.flatMap((event) => (event.type === 'engine.changed' ? [event.status.state] : []));
  return states.filter((state, i) => state !== states[i - 1]);
}

afterEach(() => host.shutDown(1000));

describe('asking', () => {
  it('tells the configuration first, answers in any number, and passes bytes', async () => {
    createHost().start();
    const [status, picture] = await Promise.all([
      host.ask('engine.status', {}),
      host.ask('images.thumbnail', { dataset: '0123456789abcdef', image: 7, size: 96 }),
    ]);
    expect(status).toMatchObject({ ok: true, value: { state: 'ready', threads: 3 } });
    expect(picture).toEqual({ ok: true, value: { bytes: new Uint8Array([7, 2, 3]), type: 'image/jpeg' } });
    await vi.waitFor(() => expect(listStates()).toEqual(['starting', 'ready']));
  });

  it('answers failures as they are, and an answer that is not what was agreed by a failure', async () => {
    createHost().start();
    expect(await host.ask('weights.list', {})).toEqual({
      ok: false,
      failure: { code: 'internal', message: 'No answer to weights.list.' },
    });
    const { failure } = (await host.ask('runs.tags', {})) as { failure: { code: string; message: string } }; // Of no numbers.
    expect(failure.code).toBe('internal');
    expect(failure.message).toMatch(/^The engine's answer to "runs.tags" is invalid: "0.runs": /);
  });

  it('drops messages and events that are not what was agreed, and tells the others', async () => {
    createHost().start();
    void host.ask('runs.stop', RUN);
    await vi.waitFor(() => expect(events).toContainEqual({ type: 'run.removed', run: RUN.run }));
    expect(events.filter(({ type }) => type === 'run.removed')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('an invalid message'))).toHaveLength(3);
    expect(await host.ask('engine.status', {})).toMatchObject({ ok: true });
  });
});

describe('an engine that ends', () => {
  it('loses what was asked, says how it ended, and comes back configured', async () => {
    createHost().start();
    const first = await host.ask('engine.status', {});
    const [waiting, crash] = await Promise.all([host.ask('runs.stop', RUN), host.ask('runs.pause', RUN)]);
    const sentence =
      'The engine stopped unexpectedly (status 1: Error: the driver is too old) and is restarting. Try again.';
    expect([waiting, crash]).toEqual(Array(2).fill({ ok: false, failure: { code: 'engine.lost', message: sentence } }));
    // Asked between two processes: held for the next one.
    const second = await host.ask('engine.status', {});
    expect(second).toMatchObject({ ok: true, value: { threads: 3 } });
    expect(second.ok && second.value.memoryBytes).not.toBe(first.ok && first.value.memoryBytes);
    await vi.waitFor(() => expect(listStates()).toEqual(['starting', 'ready', 'restarting', 'starting', 'ready']));
  });

  it('is not started for ever: after some quick ends it has failed, and is started when asked', async () => {
    let args = ['--broken'];
    createHost({
      start: (listener) => startWithNode({ node: process.execPath, entry: ENTRY, args })(listener),
    }).start();
    const lost = await host.ask('engine.status', {});
    expect(lost).toMatchObject({ ok: false, failure: { code: 'engine.lost' } });
    await vi.waitFor(() => expect(host.status.state).toBe('failed'), { timeout: 10_000 });
    const sentence = 'The engine stopped 4 times in a row (status 9); restart it in the settings.';
    expect(host.status.message).toBe(sentence);
    expect(await host.ask('engine.status', {})).toEqual({
      ok: false,
      failure: { code: 'engine.lost', message: sentence },
    });
    args = [];
    await host.restart();
    expect(await host.ask('engine.status', {})).toMatchObject({ ok: true });
  });

  it('that lived long is not counted as one that ends at once', async () => {
    createHost({ quickMs: 0, backOffMs: [1] }).start();
    for (let crash = 0; crash < 3; crash++) {
      expect(await host.ask('runs.resume', RUN)).toMatchObject({ ok: false });
      expect(await host.ask('engine.status', {})).toMatchObject({ ok: true });
    }
  });

  it('says so where its Node is not there', async () => {
    createHost({ start: startWithNode({ node: '/not/there/node', entry: ENTRY, args: [] }), backOffMs: [] }).start();
    await vi.waitFor(() => expect(host.status.state).toBe('failed'));
    expect(host.status.message).toMatch(/\(\/not\/there\/node does not start: .*ENOENT\)/);
  });
});

describe('the end', () => {
  it('asks it to shut down, and starts it no more', async () => {
    createHost().start();
    await host.ask('engine.status', {});
    await host.shutDown();
    expect(await host.ask('engine.status', {})).toMatchObject({ ok: false, failure: { code: 'engine.lost' } });
    expect(listStates()).not.toContain('restarting');
  });

  it('does not wait for one that hangs', async () => {
    createHost({
      start: (listener) => {
        const process = startWithNode({ node: globalThis.process.execPath, entry: ENTRY, args: [] })(listener);
        return { ...process, send: (question) => question.name !== 'engine.shutDown' && process.send(question) };
      },
    }).start();
    await host.ask('engine.status', {});
    const begun = performance.now();
    await host.shutDown(200);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
