import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../../electron/engine/core/ids.ts';
import { listRuns, showRun } from '../../../electron/engine/run/book/runs.ts';
import { diagnoseStore } from '../../../electron/engine/run/doctor/diagnose-store.ts';
import { evaluateModel } from '../../../electron/engine/run/results/evaluate.ts';
import { exportRun } from '../../../electron/engine/run/results/export-run.ts';
import { isRunLocked, lockRun, type RunLock, storePath } from '../../../electron/engine/store/index.ts';
import { hashFiles } from '../../e2e/folders.ts';
import { cannotMakeReadOnly, makeReadOnly } from '../../helpers/read-only.ts';
import { makeTinyRun, type TinyRun } from './tiny-run.ts';

const signal = new AbortController().signal;

describe.skipIf(cannotMakeReadOnly !== null)('a home that cannot be written', () => {
  let tiny: TinyRun;
  let home: string;
  let lock: RunLock;
  let undo: () => void;
  beforeAll(async () => {
    tiny = await makeTinyRun();
    await tiny.workbench.close();
    tiny.store.close();
    rmSync(join(tiny.home, 'cache'), { recursive: true });
    // As a process that is killed leaves it: what it wrote last is in the write-ahead log only.
    const writer = new Database(storePath(tiny.home));
    writer.pragma('wal_autocheckpoint = 0');
    writer.prepare('UPDATE runs SET failure = ?').run('written last');
    home = join(tiny.folder, 'read-only');
    cpSync(tiny.home, home, { recursive: true });
    writer.close();
    rmSync(`${storePath(home)}-shm`);
    lock = lockRun(home, tiny.report.run as RunId); // Just made.
    undo = makeReadOnly(home);
  }, 180_000);
  afterAll(async () => {
    lock.release();
    undo();
    await tiny.remove();
  });

  it('lists, shows and evaluates its runs, and is checked, without a byte written', async () => {
    const { report, dataset } = tiny;
    const before = hashFiles(home);
    const temporary = () => readdirSync(tmpdir()).filter((name) => /^decant-(store|cache)-/.test(name));
    const others = temporary();
    expect(await listRuns({ home })).toMatchObject([{ id: report.run, state: 'finished', failure: 'written last' }]);
    expect((await showRun({ home, run: report.run })).report).toEqual(report);
    expect(await diagnoseStore(home)).toMatchObject({ state: 'sound', runs: 1 });
    expect(isRunLocked(home, report.run as RunId)).toBe(true);
    const evaluation = await evaluateModel({ home, target: report.run, dataset, listener: () => undefined, signal });
    expect(evaluation).toMatchObject({ split: 'test', top1: report.student.top1 });
    const warnings: string[] = [];
    const out = join(tiny.folder, 'student.onnx');
    const exported = await exportRun({
      home,
      run: report.run,
      format: 'onnx',
      precision: 'fp32',
      out,
      signal,
      listener: (event) => event.type === 'warning.raised' && warnings.push(event.message),
    });
    expect(exported.bytes).toBe(statSync(out).size);
    expect(warnings).toEqual([expect.stringMatching(/was written and verified, but not noted with its run: .*home/)]);
    expect(hashFiles(home)).toEqual(before);
    expect(temporary().filter((name) => !others.includes(name))).toEqual([]);
  }, 180_000);
});
