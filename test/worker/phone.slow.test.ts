import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../build/build-app.ts';
import { ROOT } from '../../build/files.ts';
import { hasPhoneBrowser, measureIn, openPhoneBrowser } from '../helpers/phone-browser.ts';
import type { EngineProcess } from './engine-process.ts';
import { startEngine } from './tiny-runs.ts';

const FILES = [
  ['tflite', 'fp32'],
  ['tflite', 'int8'],
  ['onnx', 'fp32'],
  ['tfjs', 'int8'],
] as const;

describe.skipIf(!hasPhoneBrowser)('a phone (skipped without Chromium)', () => {
  let home: string;
  let engine: EngineProcess;
  let run: string;
  beforeAll(async () => {
    await buildApp();
    home = mkdtempSync(join(tmpdir(), 'decant-phone-'));
    engine = await startEngine(home);
    run = (await engine.request('runs.openSample', { work: 'sample' })).id;
    for (const [format, precision] of FILES)
      await engine.request('exports.write', {
        run,
        format,
        precision,
        file: join(home, `phone-${precision}.${format === 'tfjs' ? 'tfjs.zip' : format}`),
        work: 'export',
      });
  }, 240_000);
  afterAll(async () => {
    await engine.kill();
    rmSync(home, { recursive: true, force: true });
  });

  it('measures the run’s files in its browser, and what it measured is kept with the run', async () => {
    const choices = await engine.request('phone.choices', { run });
    expect(choices.exports.map(({ format, precision }) => [format, precision])).toEqual(FILES);
    expect(choices.addresses.at(-1)).toMatchObject({ loopback: true });
    const exports = FILES.map(([format, precision]) => ({ format, precision }));
    const open = await engine.request('phone.open', { run, exports, address: '127.0.0.1', work: 'phone' });
    expect(open).toMatchObject({ state: 'waiting', measurement: null });

    const phone = await openPhoneBrowser();
    try {
      await measureIn(phone.page, open.url, 'Test <phone>');
      await phone.page.screenshot({ path: 'test-results/phone-page-done.png', fullPage: true });
      expect(phone.complaints).toEqual([]);
      const origin = new URL(open.url).origin;
      expect(phone.asked.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
    } finally {
      await phone.browser.close();
    }
    const told = await engine.waitFor('phone.changed', ({ session }) => session.state === 'measured');
    const { detail, row } = await engine.request('runs.show', { run });
    expect(detail.phones).toEqual([told.session.measurement]);
    const [measured] = detail.phones;
    expect(measured).toMatchObject({ device: 'Test <phone>', description: expect.stringContaining('Chrome') });
    expect(measured!.failures).toEqual([]);
    expect(measured!.results.map(({ format, precision }) => [format, precision])).toEqual(FILES);
    for (const { format, precision, ...result } of measured!.results) {
      const file = `${format} ${precision}`;
      const made = detail.exports.find((one) => one.format === format && one.precision === precision)!;
      expect(result.sha256, file).toBe(made.sha256);
      expect(result.images, file).toBe(256);
      expect(result.agreement, file).toBeGreaterThan(0.99);
      expect(Math.abs((result.top1 ?? 0) - made.top1), file).toBeLessThan(0.05);
      expect(result.latencyMs.p50, file).toBeGreaterThan(0);
      expect(result.latencyMs.p95, file).toBeGreaterThanOrEqual(result.latencyMs.p50);
    }
    expect(row.phoneLatencyMs).toBe(Math.min(...measured!.results.map(({ latencyMs }) => latencyMs.p50)));
    await engine.request('phone.close', {});
    await engine.waitFor('phone.changed', ({ session }) => session.state === 'ended');
    await expect(fetch(open.url)).rejects.toThrow();
  }, 240_000);

  it('measures over a plain network address, where browsers give less', async ({ skip }) => {
    const { addresses } = await engine.request('phone.choices', { run });
    const network = addresses.find(({ loopback, address }) => !loopback && !address.includes(':'));
    skip(!network, 'this computer is in no network');
    const exports = [{ format: 'onnx', precision: 'fp32' } as const];
    const open = await engine.request('phone.open', { run, exports, address: network!.address, work: 'phone' });
    const phone = await openPhoneBrowser();
    try {
      await phone.page.goto(open.url);
      await phone.page.getByText('browsers offer neither WebGPU nor threads').waitFor();
      await phone.page.screenshot({ path: 'test-results/phone-page-start.png', fullPage: true });
      await measureIn(phone.page, `${new URL(open.url).origin}/`, 'In the network');
    } finally {
      await phone.browser.close();
    }
    const { detail } = await engine.request('runs.show', { run });
    const measured = detail.phones.find(({ device }) => device === 'In the network')!;
    expect(measured.results).toMatchObject([{ runtime: expect.stringMatching(/, WebAssembly, 1 thread$/) }]);
    expect(measured.results[0]!.agreement).toBeGreaterThan(0.99);
    await engine.request('phone.change', { run, measurement: measured.id, removed: true });
    await engine.request('phone.close', {});
  }, 120_000);

  it('does so from the command line as well, which prints the address and what came of it', async () => {
    const args = ['phone', run, '--address', '127.0.0.1', '--format', 'tflite', '--precision', 'int8', '--home', home];
    const cli = spawn(process.execPath, [join(ROOT, 'electron/cli/index.ts'), ...args]);
    let said = '';
    let complaints = '';
    cli.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const ended = once(cli, 'close');
    const url = await new Promise<string>((resolve, reject) => {
      cli.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const [found] = /http:\/\/127\.0\.0\.1:\d+\/t\/[\w-]{32}/.exec(said) ?? [];
        if (found) resolve(found);
      });
      cli.on('close', () => reject(new Error(complaints)));
    });
    expect(said, 'a QR code').toMatch(/[▀▄█]{20}/);
    const phone = await openPhoneBrowser();
    try {
      await measureIn(phone.page, url, 'From a terminal');
    } finally {
      await phone.browser.close();
    }
    expect(await ended, complaints).toEqual([0, null]);
    expect(said).toMatch(/From a terminal +TFLite int8 +LiteRT [\d.]+, WebAssembly, 1 thread/);
    expect(complaints).toContain('Measuring TFLite int8');
    const { detail } = await engine.request('runs.show', { run });
    expect(detail.phones.map(({ device }) => device)).toEqual(['Test <phone>', 'From a terminal']);
  }, 120_000);

  it('is not served on what is no address of this computer', async () => {
    const open = (address: string) =>
      engine.refusal('phone.open', { run, exports: [{ format: 'onnx', precision: 'fp32' }], address, work: 'phone' });
    for (const address of ['0.0.0.0', '::', 'localhost', '203.0.113.9'])
      expect(await open(address), address).toMatchObject({ code: 'usage.invalid' });
  });
});
