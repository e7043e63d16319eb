import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ElectronApplication } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { askValue, type DesktopApp, findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';
import { prepareHome, TINY } from '../../worker/tiny-runs.ts';

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`Closing the window is not tested. ${desktop.missing}`);

describe.skipIf('missing' in desktop)('closing the window while a run is at work', () => {
  const sandbox = makeSandbox();
  let running: DesktopApp;
  let run: string;

  beforeAll(async () => {
    if ('missing' in desktop) return;
    const dataset = await prepareHome(sandbox.home, join(sandbox.folder, 'pictures'));
    running = await desktop.start(sandbox);
    await askValue(running.page, 'settings.change', { backend: 'simd', threads: 1, whenClosed: 'keep-running' });
    const recipe = { ...TINY, train: { ...TINY.train, teacherEpochs: 10_000 } };
    ({ id: run } = await askValue(running.page, 'runs.start', { dataset, recipe }));
    await vi.waitFor(
      async () => {
        const { activeRun, imagesPerSecond } = await askValue(running.page, 'engine.status', {});
        expect([activeRun, typeof imagesPerSecond]).toEqual([run, 'number']);
      },
      { timeout: 60_000, interval: 200 },
    );
  });
  afterAll(async () => {
    if ('missing' in desktop) return;
    desktop.stop();
    sandbox.remove();
  });

  it('hides it where runs are to go on, and starting the app once more shows it', async () => {
    await closeWindow(running.app);
    await vi.waitFor(async () => expect(await isShown(running.app)).toBe(false));
    expect(await askValue(running.page, 'engine.status', {})).toMatchObject({ activeRun: run });
    const { program, args, env } = running.command;
    spawnSync(program, [...args], { env, timeout: 30_000 });
    await vi.waitFor(async () => expect(await isShown(running.app)).toBe(true));
  });

  it('stops the run with a checkpoint where the app is to quit, so that it can be resumed', async () => {
    if ('missing' in desktop) return;
    await askValue(running.page, 'settings.change', { whenClosed: 'quit' });
    const closed = running.app.waitForEvent('close');
    await closeWindow(running.app);
    await closed;
    running = await desktop.start(sandbox);
    // It is taken up where it was: by itself, for it was in the queue.
    await vi.waitFor(
      async () => {
        const { row } = await askValue(running.page, 'runs.show', { run });
        expect([row.state, row.stage, row.failure]).toEqual(['running', 'teacher', null]);
        const { log } = await askValue(running.page, 'runs.history', { run });
        const lines = log.map(({ text }) => text).join('\n');
        expect(lines).toMatch(/Stopped on request[.]\n.*resumed from its last checkpoint/);
      },
      { timeout: 60_000, interval: 200 },
    );
    await askValue(running.page, 'runs.stop', { run }).catch(() => undefined); // It may not have begun again.
    await running.quit();
  });
});

function closeWindow(app: ElectronApplication): Promise<void> {
  return app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
}

function isShown(app: ElectronApplication): Promise<boolean> {
  return app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false);
}
