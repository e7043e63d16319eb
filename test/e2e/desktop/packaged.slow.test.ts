import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { askValue, drop, makeSandbox } from '../../helpers/desktop-app.ts';
import { openDisplay } from '../../helpers/display.ts';
import { packFolder } from '../../helpers/pack-folder.ts';
import { type PackagedApp, startPackagedApp } from '../../helpers/packaged-app.ts';
import { TINY } from '../../worker/tiny-runs.ts';

/** What `npm run dist` made, or what an installer made of it. */
const program = process.env.DECANT_APP === undefined ? null : resolve(process.env.DECANT_APP);
const display = program === null ? null : await openDisplay();
if (program === null) console.warn('The packed app is not tested: DECANT_APP=out/… names none.');
else if (display === null) console.warn('The packed app is not tested: there is no display.');

describe.skipIf(program === null || display === null)('the packed app', () => {
  const sandbox = makeSandbox();
  let running: PackagedApp;
  let page: Page;

  beforeAll(async () => {
    if (program === null || display === null) return;
    const env = {
      ...process.env,
      DISPLAY: display.name,
      XDG_CONFIG_HOME: join(sandbox.folder, 'config'),
      DECANT_HOME: sandbox.home,
      // Electron that was given may be older than ours.
      ...(process.env.ELECTRON_OVERRIDE_DIST_PATH && { DECANT_ENGINE_NODE: process.execPath }),
    };
    running = await startPackagedApp(program, { env });
    ({ page } = running);
  }, 120_000);
  afterAll(() => {
    running?.process.kill();
    display?.stop();
    sandbox.remove();
  });

  it('shows its page, from its archive', async () => {
    expect(page.url()).toBe('app://decant/index.html?language=en');
    expect(await page.title()).toContain('Decant');
    await vi.waitFor(async () => expect(await askValue(page, 'engine.status', {})).toMatchObject({ state: 'ready' }));
  });

  it('compresses: every native library, thread and runtime is in it', { timeout: 300_000 }, async () => {
    const pictures = join(sandbox.folder, 'pictures');
    await drawDataset(pictures, { classes: 2, trainPerClass: 20, testPerClass: 6, size: 16, seed: 1 });
    await packFolder(pictures, `${pictures}.zip`);
    const opened = await drop(page, `${pictures}.zip`);
    if (!opened.ok || opened.value.kind !== 'dataset') throw new Error(JSON.stringify(opened));
    const { id } = await askValue(page, 'runs.start', {
      dataset: opened.value.dataset.id,
      recipe: { ...TINY, export: { ...TINY.export, formats: ['onnx', 'tflite', 'tfjs', 'coreml'] } },
    });
    await vi.waitFor(
      async () => {
        const { row } = await askValue(page, 'runs.show', { run: id });
        expect([row.state, row.failure]).toEqual(['finished', null]);
      },
      { timeout: 280_000, interval: 500 },
    );
    const { detail } = await askValue(page, 'runs.show', { run: id });
    expect(detail.exports.map(({ format }) => format).sort()).toEqual(['coreml', 'onnx', 'tfjs', 'tflite']);
  });

  it('is nothing but itself: neither Node nor another app', () => {
    const script = join(sandbox.folder, 'script.js');
    writeFileSync(script, "console.log('this is Node')");
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', DISPLAY: display?.name ?? '' };
    // A second start of the app ends at once, whatever it is given.
    const options = { env: { ...env, XDG_CONFIG_HOME: join(sandbox.folder, 'config') }, encoding: 'utf8' } as const;
    const said = execFileSync(program!, [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), script], {
      ...options,
      stdio: 'pipe',
      timeout: 30_000,
    });
    expect(said).not.toContain('this is Node');
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(program!);
    expect(wire[FuseV1Options.RunAsNode]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.EnableNodeCliInspectArguments]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(FuseState.ENABLE);
    expect(wire[FuseV1Options.EnableCookieEncryption]).toBe(FuseState.ENABLE);
  });

  it.skipIf(process.platform === 'darwin')('ends when its window is closed', async () => {
    expect(await running.quit()).toBe(0);
  });
});
