import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showRun } from '../../../../electron/engine/run/book/runs.ts';
import { exportAll } from '../../../../electron/engine/run/results/export-all.ts';
import { exportAllInThread } from '../../../../electron/engine/run/results/export-in-thread.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { EXPORT_FILES } from '../../../../shared/run/export-files.ts';
import { EXPORT_FORMATS, PRECISIONS } from '../../../../shared/run/recipe.ts';
import { decant } from '../../../e2e/real-cli.ts';
import { makeTinyRun, type TinyRun } from '../tiny-run.ts';

let tiny: TinyRun;
beforeAll(async () => {
  tiny = await makeTinyRun();
}, 120_000);
afterAll(() => tiny.remove());
const signal = new AbortController().signal;
const common = () => ({ home: tiny.home, run: tiny.report.run, signal });

describe('all formats at once', () => {
  it('are written to one folder, each verified, told of on the way and noted with the run', async () => {
    const events: RunEvent[] = [];
    const folder = join(tiny.folder, 'new', 'all');
    const all = await exportAllInThread({
      ...common(),
      folder,
      formats: EXPORT_FORMATS,
      precisions: PRECISIONS,
      listener: (event) => events.push(event),
    });
    const expected = Object.values(EXPORT_FILES).flatMap(({ precisions }) => precisions);
    expect(all).toMatchObject({ run: tiny.report.run, folder });
    expect(all.files).toHaveLength(expected.length);
    // A student that has hardly learnt may lose too much at 8 bits, and only there.
    for (const { precision, failure } of all.files)
      if (failure) expect([precision.slice(0, 4), failure.code]).toEqual(['int8', 'export.mismatch']);
    const written = all.files.filter(({ result }) => result !== null);
    expect(written.length).toBeGreaterThanOrEqual(8);
    expect(readdirSync(folder)).toHaveLength(2 * written.length); // Each with its page.
    for (const { format, precision, result } of written) {
      expect(result).toMatchObject({ format, precision, images: 24 });
      expect(result!.runtime).not.toBe('');
      expect(result!.latencyMs === null).toBe(format === 'coreml');
      const page = readFileSync(`${result!.file}.html`, 'utf8');
      if (format === 'coreml') expect(page).toContain('not by Core ML itself');
      else expect(page).toContain('verified by');
    }
    const told = events.flatMap((event) =>
      event.type === 'run.progressed' && event.stage.startsWith('export') ? [event] : [],
    );
    expect(new Set(told.map(({ stage }) => stage)).size).toBe(expected.length);
    expect(told.at(-1)).toMatchObject({ done: 48 * expected.length, total: 48 * expected.length });
    const { exports } = await showRun(common());
    expect(exports).toHaveLength(written.length);
    expect(exports.find(({ format }) => format === 'coreml')).toMatchObject({
      latencyMs: null,
      runtime: expect.stringContaining("Decant's Core ML interpreter"),
    });
  }, 240_000);

  it('do without one that cannot be written', async () => {
    const folder = join(tiny.folder, 'blocked');
    mkdirSync(join(folder, 'student-fp16.tflite'), { recursive: true });
    const all = await exportAll({ ...common(), folder, formats: EXPORT_FORMATS, precisions: ['fp16'] });
    expect(all.files.map(({ format, failure }) => [format, failure?.code])).toEqual([
      ['onnx', undefined],
      ['tflite', 'output.unwritable'],
      ['tfjs', undefined],
      ['coreml', undefined],
    ]);
    expect(all.files[1]!.failure!.message).toMatch(/student-fp16\.tflite.*folder/);
  }, 120_000);

  it('end when they are cancelled; what is whole stays', async () => {
    const stop = new AbortController();
    const folder = join(tiny.folder, 'cancelled');
    const all = exportAll({
      ...common(),
      folder,
      formats: EXPORT_FORMATS,
      precisions: ['fp32'],
      signal: stop.signal,
      listener(event) {
        if (event.type === 'run.progressed' && event.stage === 'export tflite fp32') stop.abort(new Error('enough'));
      },
    });
    await expect(all).rejects.toThrow('enough');
    expect(readdirSync(folder).sort()).toEqual(['student.onnx', 'student.onnx.html']);
  }, 120_000);

  it('are refused where there is nothing to write, or nowhere', async () => {
    writeFileSync(join(tiny.folder, 'file'), '');
    const options = { ...common(), formats: ['onnx'] as const, precisions: ['fp32'] as const };
    await expect(exportAll({ ...options, folder: join(tiny.folder, 'file', 'x') })).rejects.toMatchObject({
      code: 'output.unwritable',
    });
    const none = { ...options, precisions: ['int8-only'] as const, folder: join(tiny.folder, 'none') };
    await expect(exportAll(none)).rejects.toMatchObject({ code: 'usage.invalid' });
  });

  it('from the command line: a line for each, and status 1 where one failed', async () => {
    const folder = join(tiny.folder, 'cli');
    const args = ['export', tiny.report.run, '--home', tiny.home, '--format', 'all', '--out', folder];
    const whole = await decant(args);
    expect(whole.status).toBe(0);
    expect(whole.stdout).toContain(`4 of 4 files written to ${folder}`);
    expect(whole.stdout).toMatch(/student\.mlpackage\.zip: coreml fp32, .*not by Core ML itself/);
    expect(whole.stdout).toMatch(/student\.onnx: onnx fp32, .* per image in .*; verified by onnxruntime-node/);
    mkdirSync(join(tiny.folder, 'cli-blocked', 'student.onnx'), { recursive: true });
    const part = await decant([...args.slice(0, -1), join(tiny.folder, 'cli-blocked')]);
    expect(part.status).toBe(1);
    expect(part.stdout).toContain('onnx fp32 was not written');
    expect(part.stdout).toContain('3 of 4 files written');
  }, 120_000);
});
