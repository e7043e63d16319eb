import { expect, it } from 'vitest';
import type { AppRun } from '../../shared/ipc/topics/runs.ts';
import { GROUPINGS } from '../../shared/run/class-groups.ts';
import { describeRenderer } from './open-renderer.ts';
import { answerFrom, createRow, createRun, SAMPLES } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

/** A finished run whose student was exported in several ways. */
function createExportedRun(): AppRun {
  const run = createRun(createRow(0));
  const made = (format: string, precision: string, bytes: number, top1: number, maxAbsDifference: number) => ({
    format,
    precision,
    file: `/home/ada/models/flowers12 · balanced ${precision}.${format}`,
    bytes,
    sha256: 'a1'.repeat(32),
    top1,
    groups: [],
    maxAbsDifference,
    logitsRange: 21.4,
    images: 64,
    runtime: null,
    latencyMs: { p50: precision === 'int8' ? 0.9 : 1.3, p95: 1.6 },
  });
  run.detail.exports = [
    made('onnx', 'fp32', 4_480_000, 0.9, 0.0000081),
    made('tflite', 'fp32', 4_470_000, 0.9, 0.000012),
    made('tflite', 'int8', 1_240_000, 0.8917, 0.62),
    { ...made('coreml', 'fp16', 2_260_000, 0.9, 0.011), latencyMs: null, runtime: "Decant's Core ML interpreter" },
  ];
  return run;
}

describeRenderer('Export', (open) => {
  it('shows accuracy by the size of classes where they differ much', async () => {
    const run = createExportedRun();
    const groups = GROUPINGS.map((group, i) => ({ group, top1: 0.8 - i / 10 }));
    run.detail.exports = run.detail.exports.map((made) => ({ ...made, groups }));
    const window = await open({ script: { 'runs.show': () => run } });
    await window.visit('Export');
    const table = window.page.getByRole('table', { name: 'Files' });
    await table.getByRole('columnheader', { name: 'Tail' }).waitFor();
    const row = table.getByRole('row', { name: /^TFLite fp32\s/ });
    await row.getByText('50.0 %').waitFor();
    await row.click();
    await window.page.getByRole('complementary', { name: 'Inspector' }).getByText('Balanced accuracy').waitFor();
    await window.picture('export-long-tailed');
  });

  it.each(['light', 'dark'] as const)('shows what each file costs, in the %s theme', async (theme) => {
    const window = await open({ theme, script: { 'runs.show': () => createExportedRun() } });
    const { page } = window;
    await window.visit('Export');
    const table = page.getByRole('table', { name: 'Files' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(13);
    await table.getByRole('row', { name: /^TFLite int8\s/ }).click();
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await inspector.getByText(/opened in LiteRT\. On 64 test images/).waitFor();
    await window.picture(`export-${theme}`);
    // A file that its own runtime has not seen says so, and has no latency.
    const coreml = table.getByRole('row', { name: /^Core ML fp16\s/ });
    await coreml.getByText('Decant, not Core ML').waitFor();
    expect(await coreml.getByText(/\bms\b/).count()).toBe(0);
    await coreml.click();
    await inspector
      .getByText(/Decant’s own interpreter computed it.*Core ML itself runs on Apple’s systems only/)
      .waitFor();
    expect(await inspector.getByText('Latency').count()).toBe(0);
    await window.picture(`export-coreml-${theme}`);
    await table.getByRole('row', { name: /^TFLite int8\s/ }).click();
    expect(await window.findAccessibilityFaults()).toEqual([]);

    await inspector.getByRole('button', { name: 'Show in folder' }).click();
    await inspector.getByRole('button', { name: 'How to use it' }).click();
    for (const name of ['exports.showInFolder', 'exports.openUsePage'])
      await expect
        .poll(() => window.bridge.asked.find((request) => request.name === name)?.params)
        .toEqual({ run: '01run0000000', format: 'tflite', precision: 'int8' });
    await window.close();
  });

  it('exports with progress, and shows what came out', async () => {
    const window = await open();
    const { page, bridge } = window;
    let finish = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const save = answerFrom(SAMPLES.finished())['exports.save']!;
    bridge.answer('exports.save', async (params) => {
      await until;
      return save(params);
    });
    await window.visit('Export');
    await page.getByRole('table', { name: 'Files' }).getByRole('button', { name: 'Export TFLite int8…' }).click();
    await expect.poll(() => bridge.countAsked('exports.save')).toBe(1);
    const { work } = bridge.asked.find(({ name }) => name === 'exports.save')!.params as { work: string };
    await bridge.tell({
      type: 'work.progressed',
      work,
      stage: 'export',
      done: 64,
      total: 304,
      unit: 'images',
      remainingMs: 42_000,
    });
    await page.getByRole('main').getByText('42 s left').waitFor();
    await window.picture('export-at-work');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    finish();
    await page.getByText('TFLite int8 exported and verified.').waitFor();
    await window.picture('export-done');
    await page.getByRole('button', { name: 'Show TFLite int8 in folder' }).waitFor();
    await window.close();
  });

  it.each(['light', 'dark'] as const)(
    'exports all formats to one folder, with a result for each, in the %s theme',
    async (theme) => {
      const window = await open({ theme });
      const { page, bridge } = window;
      let finish = (): void => undefined;
      const until = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const saveAll = answerFrom(SAMPLES.finished())['exports.saveAll']!;
      bridge.answer('exports.saveAll', async (params) => {
        await until;
        return saveAll(params);
      });
      await window.visit('Export');
      await page.getByRole('button', { name: 'Export all…' }).click();
      await expect.poll(() => bridge.countAsked('exports.saveAll')).toBe(1);
      const { work } = bridge.asked.find(({ name }) => name === 'exports.saveAll')!.params as { work: string };
      await bridge.tell({
        type: 'work.progressed',
        work,
        stage: 'export coreml fp16',
        done: 640,
        total: 3648,
        unit: 'images',
        remainingMs: 142_000,
      });
      await page.getByRole('main').getByText('Exporting all formats: Core ML fp16').waitFor();
      const table = page.getByRole('table', { name: 'Files' });
      await table
        .getByRole('row', { name: /^Core ML fp16\s/ })
        .getByText('exporting')
        .waitFor();
      expect(await page.getByRole('button', { name: 'Export all…' }).isDisabled()).toBe(true);
      // What is written already is shown once the next one is begun.
      bridge.answer('runs.show', () => createExportedRun());
      await bridge.tell({
        type: 'work.progressed',
        work,
        stage: 'export onnx fp16',
        done: 960,
        total: 3648,
        unit: 'images',
        remainingMs: 120_000,
      });
      await table.getByRole('button', { name: 'Show Core ML fp16 in folder' }).waitFor();
      await window.picture(`export-all-at-work-${theme}`);
      finish();
      await page.getByText('11 of 12 files were written.').waitFor();
      await page.getByRole('alert').getByText('it loses too much accuracy at 8 bits').waitFor();
      expect(await table.getByText('failed').count()).toBe(1);
      expect(await table.getByRole('button', { name: /in folder$/ }).count()).toBe(11);
      await window.picture(`export-all-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await page.getByRole('button', { name: 'Open folder' }).click();
      await expect
        .poll(() => bridge.asked.findLast(({ name }) => name === 'exports.openFolder')?.params)
        .toEqual({
          run: '01run0000000',
        });
      await window.close();
    },
  );

  it('shows what was written before all formats were cancelled', async () => {
    const window = await open();
    const { page, bridge } = window;
    let refuse = (_: Error): void => undefined;
    bridge.answer(
      'exports.saveAll',
      () =>
        new Promise((_, reject) => {
          refuse = reject;
        }),
    );
    await window.visit('Export');
    await page.getByRole('button', { name: 'Export all…' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Cancel Exporting all formats' }).click();
    await expect.poll(() => bridge.countAsked('work.cancel')).toBe(1);
    bridge.answer('runs.show', () => createExportedRun());
    refuse(new ScriptedFailure('work.cancelled', 'The export was cancelled.'));
    await page.getByRole('button', { name: 'Show Core ML fp16 in folder' }).waitFor();
    await window.close();
  });

  it('cancels', async () => {
    const window = await open();
    const { page, bridge } = window;
    let refuse = (_: Error): void => undefined;
    bridge.answer(
      'exports.save',
      () =>
        new Promise((_, reject) => {
          refuse = reject;
        }),
    );
    await window.visit('Export');
    await page.getByRole('table', { name: 'Files' }).getByRole('button', { name: 'Export ONNX fp16…' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Cancel Exporting ONNX fp16' }).click();
    await expect.poll(() => bridge.countAsked('work.cancel')).toBe(1);
    refuse(new ScriptedFailure('work.cancelled', 'The export was cancelled.'));
    await expect.poll(() => page.getByRole('progressbar').count()).toBe(0);
    expect(await page.getByRole('alert').count()).toBe(0);
    await window.close();
  });

  it('says why an export failed, and offers the next step', async () => {
    const window = await open({
      script: {
        'exports.save': () => {
          throw new ScriptedFailure(
            'export.mismatch',
            'The int8 file differs from the network by 0.61 of the range of its logits on 64 images: it loses too much accuracy at 8 bits, export in fp16.',
          );
        },
      },
    });
    const { page } = window;
    await window.visit('Export');
    await page.getByRole('table', { name: 'Files' }).getByRole('button', { name: 'Export TFLite int8…' }).click();
    await page.getByRole('alert').getByText('it loses too much accuracy at 8 bits').waitFor();
    await window.picture('export-failed');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Export fp16 instead…' }).click();
    await expect
      .poll(() => window.bridge.asked.filter(({ name }) => name === 'exports.save').at(-1)?.params)
      .toMatchObject({ format: 'tflite', precision: 'fp16' });
    await window.close();
  });

  it('saves the report', async () => {
    const window = await open();
    await window.visit('Export');
    await window.page.getByRole('button', { name: 'Report' }).click();
    await window.page.getByRole('menuitem', { name: 'Report as HTML…' }).click();
    await window.page.getByText('Report saved.').waitFor();
    await window.page.getByRole('button', { name: 'Open', exact: true }).click();
    await expect
      .poll(() => window.bridge.asked.find(({ name }) => name === 'exports.openReport')?.params)
      .toEqual({ run: '01run0000000', kind: 'html' });
    await window.close();
  });

  it('teaches what belongs here, sends an unfinished run back to its page, and fits small windows', async () => {
    const empty = await open({ sample: SAMPLES.empty() });
    await empty.visit('Export');
    await empty.page.getByText('No finished runs yet').waitFor();
    await empty.picture('export-empty');
    await empty.close();

    const small = await open({ width: 1024, height: 640, script: { 'runs.show': () => createExportedRun() } });
    await small.visit('Export');
    await small.page.getByRole('table', { name: 'Files' }).waitFor();
    await small.picture('export-small');
    await small.close();

    const unfinished = await open({
      script: { 'runs.show': () => createRun(createRow(0, { state: 'running' })) },
    });
    await unfinished.visit('Export');
    await unfinished.page.getByText('This run is not finished').waitFor();
    await unfinished.close();
  });
});
