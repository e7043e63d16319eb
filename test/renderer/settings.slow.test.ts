import { expect, it } from 'vitest';
import { createSampleDiagnosis } from '../helpers/sample-diagnosis.ts';
import { describeRenderer } from './open-renderer.ts';
import { answerFrom, createStatus, SAMPLES } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

describeRenderer('Settings', (open) => {
  it.each(['light', 'dark'] as const)(
    'tries the back ends and shows what was found, in the %s theme',
    async (theme) => {
      const window = await open({ theme, height: 1100 });
      const { page } = window;
      await window.visit('Settings');
      await page.getByText('/home/ada/.local/share/decant').waitFor();
      await page.getByRole('button', { name: 'Test back ends' }).click();
      const table = page.getByRole('table', { name: 'Back ends' });
      await table.getByText('There is no graphics card').waitFor();
      expect(await table.getByRole('row', { name: 'simd' }).textContent()).toContain('used by Automatic');
      await page.getByRole('table', { name: 'ImageNet weights' }).waitFor();
      await window.picture(`settings-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: 'About' }).click();
      await window.picture(`settings-end-${theme}`);
      await window.close();
    },
  );

  it('changes settings at once, and back', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Settings');
    await page.getByRole('combobox', { name: 'Back end' }).selectOption('simd');
    await page.getByRole('combobox', { name: 'Back end' }).selectOption('auto');
    await page.getByRole('textbox', { name: 'Threads' }).fill('2');
    await page.getByRole('textbox', { name: 'Threads' }).fill('');
    await page.getByRole('textbox', { name: 'Cache limit' }).fill('50');
    await page.getByRole('combobox', { name: 'When the window is closed' }).selectOption('keep-running');
    await page.getByRole('switch', { name: 'Notify when a run ends' }).click();
    await expect
      .poll(() => bridge.asked.filter(({ name }) => name === 'settings.change').map(({ params }) => params))
      .toEqual([
        { backend: 'simd' },
        { backend: 'auto' },
        { threads: 2 },
        { threads: null },
        { cacheLimitBytes: 50_000_000_000 },
        { whenClosed: 'keep-running' },
        { notifyWhenDone: false },
      ]);
    await window.close();
  });

  it('says that another folder is used from the next start, and why a Node cannot be used', async () => {
    const sample = SAMPLES.finished();
    const window = await open({
      sample,
      script: {
        'settings.pickHome': ({ clear }) => {
          sample.settings = { ...sample.settings, home: clear ? null : '/media/disk/decant' };
          return sample.settings;
        },
        'settings.pickEngineNode': () => {
          throw new ScriptedFailure(
            'usage.invalid',
            '/usr/bin/cat is no Node.js of version 22.14 or newer; choose one.',
          );
        },
      },
    });
    const { page } = window;
    await window.visit('Settings');
    await page.getByRole('group', { name: 'Runs and cache' }).getByRole('button', { name: 'Choose…' }).click();
    await page.getByText('After a restart').waitFor();
    await page.getByRole('group', { name: 'Engine runtime' }).getByRole('button', { name: 'Choose…' }).click();
    await page.getByText('/usr/bin/cat is no Node.js').waitFor();
    await window.picture('settings-refused');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Use default' }).click();
    await expect.poll(() => page.getByText('After a restart').count()).toBe(0);
    await window.close();
  });

  it('shows progress of the doctor, and stops it', async () => {
    const window = await open();
    const { page, bridge } = window;
    let refuse = (_: Error): void => undefined;
    bridge.answer(
      'doctor.run',
      () =>
        new Promise((_, reject) => {
          refuse = reject;
        }),
    );
    await window.visit('Settings');
    await page.keyboard.press('Control+Shift+D');
    await page.getByRole('main').getByRole('button', { name: 'Cancel Testing back ends' }).click();
    await expect.poll(() => bridge.countAsked('work.cancel')).toBe(1);
    refuse(new ScriptedFailure('work.cancelled', 'It was cancelled.'));
    await page.getByRole('button', { name: 'Test back ends' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await window.close();
  });

  it('downloads and removes weights', async () => {
    const window = await open();
    const { page, bridge } = window;
    let finish = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const download = answerFrom(SAMPLES.finished())['weights.download']!;
    bridge.answer('weights.download', async (params) => {
      await until;
      return download(params);
    });
    await window.visit('Settings');
    await page.getByRole('button', { name: 'Download MobileNetV3-Large, ImageNet-1k v2' }).click();
    await expect.poll(() => bridge.countAsked('weights.download')).toBe(1);
    const { work } = bridge.asked.find(({ name }) => name === 'weights.download')!.params as { work: string };
    await bridge.tell({
      type: 'work.progressed',
      work,
      stage: 'download',
      done: 8_000_000,
      total: 21_900_000,
      unit: 'bytes',
      remainingMs: 12_000,
    });
    await page.getByRole('main').getByText('12 s left').waitFor();
    await window.picture('settings-downloading');
    finish();
    await expect.poll(() => bridge.countAsked('weights.list')).toBe(2);
    await page.getByRole('button', { name: 'Remove MobileNetV2, ImageNet-1k v2' }).click();
    await page.getByRole('button', { name: 'Download again' }).click();
    await expect.poll(() => bridge.countAsked('weights.download')).toBe(2);
    await window.close();
  });

  it('lists latency tables, removes one, and brings it back', async () => {
    const table = (name: string, more: object = {}) => ({
      name,
      device: 'this',
      machine: 'AMD EPYC, linux x64',
      runtime: 'LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread',
      precision: 'fp32',
      measuredAt: '2026-11-30T10:05:00.000Z',
      pieces: 240,
      medianError: 0.047,
      networks: ['MobileNetV2, 64 × 64 pixels'],
      ...more,
    });
    let tables = [table('this-onnx-fp32', { pieces: 31, medianError: null, networks: [] }), table('this-tflite-fp32')];
    const all = tables;
    const window = await open({
      script: {
        'latency.list': () => tables,
        'latency.remove': ({ name }) => {
          tables = all.filter((each) => each.name !== name);
          return {};
        },
        'latency.restore': () => {
          tables = all;
          return {};
        },
      },
    });
    const { page } = window;
    await window.visit('Settings');
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: 'Latency tables' }).click();
    const rows = page.getByRole('table', { name: 'Latency tables' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(3);
    expect(await rows.nth(1).textContent()).toContain('Not finished');
    expect(await rows.nth(2).textContent()).toMatch(/this computer.*MobileNetV2, 64 × 64 pixels.*240 pieces.*4\.7/);
    await window.picture('settings-latency');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Remove this-tflite-fp32' }).click();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => rows.count()).toBe(3);
    await window.close();
  });

  it('copies what a bug report needs', async () => {
    const window = await open();
    await window.visit('Settings');
    await window.page.getByRole('button', { name: 'Copy diagnosis' }).click();
    await window.page.getByText('Diagnosis copied.').waitFor();
    const copied = window.bridge.asked.find(({ name }) => name === 'text.copy')?.params as { text: string };
    for (const part of [
      'Decant 0.1.0',
      'Settings: language system, theme system',
      createSampleDiagnosis().processor,
      'Used: simd.',
    ])
      expect(copied.text).toContain(part);
    await window.close();
  });

  it('says that the engine has stopped, and starts it again', async () => {
    const sample = {
      ...SAMPLES.finished(),
      status: createStatus({ state: 'failed', message: 'The engine ended with signal SIGSEGV three times.' }),
    };
    const window = await open({ sample, width: 1024, height: 640 });
    await window.page.getByRole('button', { name: 'Engine stopped' }).click();
    await window.page.getByText('The engine ended with signal SIGSEGV three times.').waitFor();
    await window.picture('settings-engine-stopped');
    await window.page.getByRole('button', { name: 'Restart engine' }).click();
    await expect.poll(() => window.bridge.countAsked('engine.restart')).toBe(1);
    await window.close();
  });
});
