import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { _electron as electron } from 'playwright-core';
import { expect, it } from 'vitest';
import { DIST, ROOT } from '../../../build/files.ts';
import { findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`The engine in Electron's own Node is not tested. ${desktop.missing}`);

/** An app that has an engine host and nothing else. */
const MAIN = `
import { app } from 'electron';
import { EngineHost } from '${DIST}/electron/main/engine/engine-host.js';
import { startInUtility } from '${DIST}/electron/main/engine/start-in-utility.js';
globalThis.events = [];
globalThis.host = new EngineHost({
  start: startInUtility({ entry: '${join(ROOT, 'test/main/fake-engine.mjs')}', args: [] }),
  configuration: () => ({ backend: 'simd', threads: 3, cacheLimitBytes: null }),
  onEvent: (event) => globalThis.events.push(event),
  log: () => undefined,
  backOffMs: [5, 5],
});
app.whenReady().then(() => globalThis.host.start());
`;

it.skipIf('missing' in desktop)('an engine in a utility process is asked, crashes, and is started again', async () => {
  if ('missing' in desktop) return;
  const sandbox = makeSandbox();
  const folder = join(sandbox.folder, 'app');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name": "host", "main": "main.mjs"}');
  writeFileSync(join(folder, 'main.mjs'), MAIN);
  const { program, env } = desktop.command(sandbox);
  const app = await electron.launch({ executablePath: program, args: [folder, '--no-sandbox', '--disable-gpu'], env });
  const ask = (name: string, params: unknown): Promise<unknown> =>
    app.evaluate(
      // The app above put it there.
      (_, [name, params]) =>
        (globalThis as { host?: { forward(...asked: unknown[]): unknown } }).host?.forward(name, params),
      [name, params],
    );
  expect(await ask('engine.status', {})).toMatchObject({ ok: true, value: { state: 'ready', threads: 3 } });
  const picture = await app.evaluate(async () => {
    const { host } = globalThis as {
      host?: { forward(...asked: unknown[]): Promise<{ value: { bytes: Uint8Array } }> };
    };
    const answer = await host?.forward('images.thumbnail', { dataset: '0123456789abcdef', image: 7, size: 96 });
    return answer && [...answer.value.bytes];
  });
  expect(picture).toEqual([7, 2, 3]);
  expect(await ask('runs.pause', { run: '0123456789abcd' })).toMatchObject({
    ok: false,
    failure: { code: 'engine.lost', message: expect.stringContaining('status 1') },
  });
  expect(await ask('engine.status', {})).toMatchObject({ ok: true, value: { threads: 3 } });
  await app.close();
  desktop.stop();
  sandbox.remove();
});
