import { expect, it } from 'vitest';
import type { Result } from '../../shared/ipc/contract.ts';
import { settingsSchema } from '../../shared/ipc/topics/app.ts';
import type { PhoneSession } from '../../shared/ipc/topics/phone.ts';
import { createPhoneMeasurement } from '../helpers/phone-measurement.ts';
import { describeRenderer } from './open-renderer.ts';
import { createRow, createRun, type Script } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

const RUN = createRow(0).id;
const URL = 'http://192.168.1.7:50123/t/abcdefghijklmnopqrstuvwxyz012345';
const MEASURED = createPhoneMeasurement();
const SESSION: PhoneSession = {
  run: RUN,
  url: URL,
  qr: drawPattern(),
  endsAt: '2026-11-23T14:32:00.000Z',
  state: 'waiting',
  device: null,
  activity: null,
  measurement: null,
  message: null,
};
const CHOICES: Result<'phone.choices'> = {
  exports: [
    { format: 'tflite', precision: 'fp32', name: 'student.tflite', bytes: 5_000_000, problem: null },
    { format: 'tflite', precision: 'int8', name: 'student-int8.tflite', bytes: 1_300_000, problem: null },
    {
      format: 'coreml',
      precision: 'fp16',
      name: 'student-fp16.mlpackage.zip',
      bytes: 2_600_000,
      problem: 'No browser runs Core ML files.',
    },
    { format: 'onnx', precision: 'fp32', name: 'student.onnx', bytes: 5_100_000, problem: null },
  ],
  addresses: [
    { address: '192.168.1.7', network: 'wlan0', loopback: false },
    { address: '2001:db8::1:7', network: 'wlan0', loopback: false },
    { address: '127.0.0.1', network: 'lo', loopback: true },
  ],
};

/** Something like a QR code: its corners, and a pattern between them. */
function drawPattern(): string[] {
  const size = 45;
  const corner = (x: number, y: number): boolean | null => {
    const [left, top] = [x < size / 2 ? x - 4 : size - 5 - x, y < size / 2 ? y - 4 : size - 5 - y];
    if (left < 0 || top < 0) return false;
    if (left > 7 || top > 7 || (x > size / 2 && y > size / 2)) return null;
    const ring = Math.max(Math.abs(left - 3), Math.abs(top - 3));
    return ring !== 2 && ring < 4;
  };
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => ((corner(x, y) ?? (x * 7 + y * 13 + x * y) % 3 === 0) ? '1' : '0')).join(''),
  );
}

/** A run that phones measured, or did not. */
const script = (phones = [MEASURED], more: Script = {}): Script => ({
  'runs.show': ({ run }) => createRun({ ...createRow(0), id: run }, { phones }),
  'phone.choices': () => CHOICES,
  'phone.open': () => SESSION,
  'phone.close': () => ({}),
  'phone.change': () => ({}),
  ...more,
});

describeRenderer('Measure on a phone', (open) => {
  it.each([
    ['light', 1280, 800, 1],
    ['dark', 1024, 640, 1],
    ['light', 1280, 800, 2],
  ] as const)(
    'leads from Compare to results, in the %s theme at %i × %i, zoom %i',
    async (theme, width, height, zoom) => {
      const window = await open({ theme, width, height, zoom, script: script([]) });
      const { page, bridge } = window;
      const take = (name: string) => window.picture(`phone-${name}-${theme}-${width}-${zoom}`);
      await window.visit('Compare');
      const section = page.getByRole('region', { name: 'On phones' });
      await section.getByText('Not measured on a phone yet').waitFor();
      await section.getByRole('button', { name: 'Measure on a phone…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Measure on a phone' });
      await dialog.getByText('No browser runs Core ML files').waitFor();
      expect(await dialog.getByRole('checkbox', { name: 'Core ML fp16' }).isDisabled()).toBe(true);
      expect(await dialog.getByLabel('Address of this computer').inputValue()).toBe('192.168.1.7');
      expect(bridge.countAsked('phone.open'), 'nothing is served before it is asked for').toBe(0);
      await take('choose');
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await dialog.getByRole('checkbox', { name: 'ONNX fp32' }).uncheck();
      await dialog.getByRole('button', { name: 'Show address for 2 files' }).click();

      await dialog.getByText(URL).waitFor();
      expect(bridge.asked.at(-1)).toMatchObject({
        name: 'phone.open',
        params: {
          run: RUN,
          address: '192.168.1.7',
          exports: [
            { format: 'tflite', precision: 'fp32' },
            { format: 'tflite', precision: 'int8' },
          ],
        },
      });
      await dialog.getByText('Waiting for the phone').waitFor();
      await dialog.getByText('It ends at 14:32').waitFor();
      await dialog.getByRole('img', { name: 'QR code of the address' }).waitFor();
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await take('address');

      const connected = {
        ...SESSION,
        state: 'connected' as const,
        device: MEASURED.description,
        activity: 'TFLite int8',
      };
      await bridge.tell({ type: 'phone.changed', session: connected });
      await dialog.getByText('Measuring TFLite int8').waitFor();
      bridge.answer('runs.show', ({ run }) => createRun({ ...createRow(0), id: run }, { phones: [MEASURED] }));
      await bridge.tell({ type: 'phone.changed', session: { ...connected, state: 'measured', measurement: MEASURED } });
      await bridge.tell({ type: 'run.changed', row: { ...createRow(0) } });
      await dialog.getByText('The results are in').waitFor();
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await take('results');
      await dialog.getByLabel('Name of the phone').fill('Ada’s phone');
      await dialog.getByRole('button', { name: 'Done' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await expect.poll(() => bridge.countAsked('phone.close')).toBe(1);
      expect(bridge.asked.find(({ name }) => name === 'phone.change')?.params).toEqual({
        run: RUN,
        measurement: MEASURED.id,
        device: 'Ada’s phone',
      });
      await section.getByRole('cell', { name: 'Pixel 8', exact: true }).waitFor();
      await section.scrollIntoViewIfNeeded();
      await take('compare');
      await window.close();
    },
  );

  it('stops serving when it is closed, and when another place is shown', async () => {
    const window = await open({ script: script() });
    const { page, bridge } = window;
    await window.visit('Compare');
    await page.getByRole('button', { name: 'Measure on a phone…' }).click();
    await page.getByRole('button', { name: 'Show address for 3 files' }).click();
    await page.getByText(URL).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => bridge.countAsked('phone.close')).toBe(1);
    await page.getByRole('button', { name: 'Measure on a phone…' }).click();
    await page.getByRole('button', { name: 'Show address for 3 files' }).click();
    await page.getByText(URL).waitFor();
    await bridge.tell({
      type: 'phone.changed',
      session: { ...SESSION, state: 'ended', message: 'Too many wrong addresses were tried.' },
    });
    await page.getByText('Too many wrong addresses were tried.').waitFor();
    await page.getByRole('button', { name: 'Show address for 3 files' }).waitFor();
    await window.close();
  });

  it('says why nothing can be served', async () => {
    const window = await open({
      script: script([], {
        'phone.open': () => {
          throw new ScriptedFailure('usage.invalid', 'Nothing can be served on 192.168.1.7; choose another address.');
        },
      }),
    });
    await window.visit('Compare');
    await window.page.getByRole('button', { name: 'Measure on a phone…' }).click();
    await window.page.getByRole('button', { name: 'Show address for 3 files' }).click();
    await window.page.getByRole('alert').getByText('choose another address').waitFor();
    await window.picture('phone-failed');
    await window.close();
  });

  it('opens from Export, and says what to do where nothing was exported', async () => {
    const window = await open({ script: script([], { 'phone.choices': () => ({ ...CHOICES, exports: [] }) }) });
    const { page } = window;
    await window.visit('Export');
    await page.getByRole('button', { name: 'Measure on a phone…' }).click();
    await page.getByText('Export the student as TFLite, ONNX or TF.js first').waitFor();
    await window.picture('phone-nothing-exported');
    await window.close();
  });

  it.each(['en', 'zh-CN'] as const)('is a column of Runs, and speaks %s', async (language) => {
    const settings = settingsSchema.parse({
      language,
      runColumns: ['state', 'studentTop1', 'latencyMs', 'phoneLatencyMs'],
    });
    const window = await open({ language, script: script([MEASURED], { 'settings.read': () => settings }) });
    const { page } = window;
    const chinese = language === 'zh-CN';
    await page
      .getByRole('navigation')
      .first()
      .getByRole('button', { name: chinese ? '运行记录' : 'Runs', exact: true })
      .click();
    await page.getByRole('columnheader', { name: chinese ? '手机延迟' : 'On phone' }).waitFor();
    await page
      .getByText(/14\.2\sms/)
      .first()
      .waitFor();
    await window.picture(`phone-runs-${language}`);
    await page
      .getByRole('navigation')
      .first()
      .getByRole('button', { name: chinese ? '对比' : 'Compare' })
      .click();
    await page.getByRole('button', { name: chinese ? '在手机上测量…' : 'Measure on a phone…' }).click();
    await page.getByRole('dialog').getByRole('checkbox').first().waitFor();
    await window.picture(`phone-choose-${language}`);
    await window.close();
  });

  it('removes a measurement, and brings it back', async () => {
    const window = await open({ script: script() });
    const { page, bridge } = window;
    await window.visit('Compare');
    await page.getByRole('button', { name: 'Remove what Pixel 8 measured' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => bridge.countAsked('phone.change')).toBe(2);
    expect(bridge.asked.filter(({ name }) => name === 'phone.change').map(({ params }) => params)).toEqual([
      { run: RUN, measurement: MEASURED.id, removed: true },
      { run: RUN, measurement: MEASURED.id, removed: false },
    ]);
    await window.close();
  });
});
