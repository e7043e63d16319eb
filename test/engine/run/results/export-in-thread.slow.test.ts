import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../../../electron/engine/core/ids.ts';
import { resultsFolder, showRun } from '../../../../electron/engine/run/book/runs.ts';
import { exportInThread } from '../../../../electron/engine/run/results/export-in-thread.ts';
import { exportRun } from '../../../../electron/engine/run/results/export-run.ts';
import { writeReport } from '../../../../electron/engine/run/results/write-report.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { makeTinyRun, type TinyRun } from '../tiny-run.ts';

let tiny: TinyRun;
beforeAll(async () => {
  tiny = await makeTinyRun();
}, 120_000);
afterAll(() => tiny.remove());
const signal = new AbortController().signal;

describe('an export in a thread', () => {
  it.each([
    ['onnx', 'fp32', 'student.onnx'],
    ['tflite', 'fp32', 'student.tflite'],
  ] as const)(
    '%s %s is the file that it is without one, told of on the way',
    async (format, precision, name) => {
      const events: RunEvent[] = [];
      const common = { home: tiny.home, run: tiny.report.run, format, precision, signal };
      const out = join(tiny.folder, `threaded-${name}`);
      const threaded = await exportInThread({ ...common, out, listener: (event) => events.push(event) });
      const plain = await exportRun({ ...common, out: join(tiny.folder, `plain-${name}`) });
      expect(threaded).toEqual({ ...plain, file: out, latencyMs: threaded.latencyMs });
      expect(readFileSync(out)).toEqual(readFileSync(plain.file));
      const told = events.flatMap((event) =>
        event.type === 'run.progressed' && event.stage === 'export' ? [event] : [],
      );
      expect(told.at(-1)).toMatchObject({ done: 48, total: 48, unit: 'images' });
    },
    120_000,
  );

  it('is remembered with the run', async () => {
    const { exports } = await showRun({ home: tiny.home, run: tiny.report.run });
    expect(exports.map(({ format, precision }) => `${format} ${precision}`).sort()).toEqual([
      'onnx fp32',
      'tflite fp32',
    ]);
  });

  it('that is cancelled leaves no file', async () => {
    const stop = new AbortController();
    const out = join(tiny.folder, 'cancelled.onnx');
    const cancelled = exportInThread({
      home: tiny.home,
      run: tiny.report.run,
      format: 'onnx',
      precision: 'fp32',
      out,
      signal: stop.signal,
      listener: () => stop.abort(new Error('enough')),
    });
    await expect(cancelled).rejects.toThrow('enough');
    expect(existsSync(out)).toBe(false);
    expect((await readdir(tiny.folder)).filter((name) => name.includes('cancelled'))).toEqual([]);
  });

  it('fails as it does without one', async () => {
    const options = { home: tiny.home, run: tiny.report.run, format: 'onnx', precision: 'fp32', signal } as const;
    writeFileSync(join(tiny.folder, 'file'), '');
    const out = join(tiny.folder, 'file', 'x.onnx');
    await expect(exportInThread({ ...options, out })).rejects.toMatchObject({
      name: 'DecantError',
      code: 'output.unwritable',
      status: 2,
      details: { path: out },
    });
    await expect(exportInThread({ ...options, run: 'nothing0', out })).rejects.toMatchObject({ code: 'run.unknown' });
  });
});

describe('a report', () => {
  it.each(['html', 'json'] as const)('is copied as %s', async (kind) => {
    const file = join(tiny.folder, `copy.${kind}`);
    await writeReport(tiny.store, { run: tiny.report.run, kind, file });
    const folder = resultsFolder(tiny.store, tiny.report.run as RunId); // Of a run that is there.
    expect(readFileSync(file)).toEqual(readFileSync(join(folder, `report.${kind}`)));
    if (kind === 'json') expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(tiny.report);
  });

  it('that cannot be written, or of no run, is one sentence', async () => {
    const write = (run: string, file: string) => writeReport(tiny.store, { run, kind: 'html', file });
    await expect(write(tiny.report.run, join(tiny.home, 'decant.sqlite', 'x.html'))).rejects.toMatchObject({
      code: 'output.unwritable',
    });
    await expect(write('nothing0', join(tiny.folder, 'x.html'))).rejects.toMatchObject({ code: 'run.unknown' });
  });
});
