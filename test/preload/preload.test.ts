import { beforeEach, expect, it, vi } from 'vitest';
import type { Bridge } from '../../shared/ipc/bridge.ts';
import { CHANNELS } from '../../shared/ipc/contract.ts';

/** What the script does to Electron. */
const electron = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  sent: [] as unknown[][],
  listeners: new Map<string, Set<(event: unknown, message: unknown) => void>>(),
}));

vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, value: unknown) => electron.exposed.set(name, value) },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => {
      structuredClone(args); // Throws, as Electron does, at what is no data.
      electron.sent.push(args);
      return { ok: true, value: 'answered' };
    },
    on: (channel: string, listener: () => void) =>
      electron.listeners.set(channel, (electron.listeners.get(channel) ?? new Set()).add(listener)),
    off: (channel: string, listener: () => void) => electron.listeners.get(channel)?.delete(listener),
  },
  webUtils: {
    getPathForFile: (file: { path?: string }) => {
      if (file.path === undefined) throw new TypeError('no file');
      return file.path;
    },
  },
}));

await import('../../electron/preload/index.ts');
/** As a page may call it that keeps to no type. */
type LooseBridge = { [Name in keyof Bridge]: (...args: unknown[]) => ReturnType<Bridge[Name]> };
const bridge = electron.exposed.get('decant') as LooseBridge; // The script exposes nothing else.

beforeEach(() => {
  electron.sent.length = 0;
});

it('gives the page three functions, and nothing else of the world', () => {
  expect([...electron.exposed.keys()]).toEqual(['decant']);
  expect(Object.keys(bridge).sort()).toEqual(['listen', 'open', 'request']);
});

it('sends requests of the contract through one channel', async () => {
  expect(await bridge.request('runs.list', { text: 'x' })).toEqual({ ok: true, value: 'answered' });
  expect(electron.sent).toEqual([[CHANNELS.request, 'runs.list', { text: 'x' }]]);
});

it('refuses a request that there is not, and params that are no data, and sends neither', async () => {
  for (const name of ['files.read', 'constructor', '__proto__'])
    expect(await bridge.request(name, {})).toMatchObject({ ok: false, failure: { code: 'ipc.invalid' } });
  const failure = { code: 'ipc.invalid', message: expect.stringContaining('"runs.list" cannot be sent') };
  expect(await bridge.request('runs.list', () => undefined)).toEqual({ ok: false, failure });
  expect(electron.sent).toEqual([]);
});

it('opens files of the disk, and nothing that only looks like one', async () => {
  const file = { path: '/pictures' }; // As the mock knows files.
  await bridge.open([file], 'work-1');
  expect(electron.sent).toEqual([[CHANNELS.drop, ['/pictures'], 'work-1']]);
  const made = { name: 'made by the page' };
  for (const files of [[made], [file, made], [], made, undefined])
    expect(await bridge.open(files, 'work-2')).toMatchObject({ ok: false, failure: { code: 'ipc.invalid' } });
  expect(electron.sent).toHaveLength(1);
});

it('passes on events of the contract until it is told to stop, and hides where they came from', () => {
  const told: unknown[] = [];
  const stop = bridge.listen((...args: unknown[]) => told.push(args));
  const tell = (message: unknown) => {
    for (const listener of electron.listeners.get(CHANNELS.event) ?? []) listener({ sender: 'secret' }, message);
  };
  tell({ type: 'run.removed', run: '0123456789abcd' });
  tell({ type: 'run.removed', run: '../../x' });
  tell('rubbish');
  stop();
  tell({ type: 'run.removed', run: '0123456789abcd' });
  expect(told).toEqual([[{ type: 'run.removed', run: '0123456789abcd' }]]);
});
