import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

let home: string;
let opened: store.Store;
let run: RunId;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-files-'));
  opened = store.openStore(home);
  run = addRun(1);
});
afterEach(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

function addRun(salt: number): RunId {
  const dataset = store.saveDataset(
    opened.db,
    { name: 'd', path: '/d', fingerprint: 'f', classes: ['a'], images: 1 },
    salt,
  );
  const id = createRunId(1000 + salt, () => 0.25);
  store.insertRun(opened.db, { id, dataset, recipe: recipeSchema.parse({}) }, salt);
  return id;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const save = (text: string, alsoWrite?: (db: store.WritableDb) => void): Promise<store.Artifact> =>
  store.saveArtifact(
    opened,
    run,
    { name: 'checkpoint.bin', content: bytes(text) },
    alsoWrite ? { nowMs: 5, alsoWrite } : { nowMs: 5 },
  );
const filesOf = (id: RunId): string[] =>
  readdirSync(store.runFolder(home, id))
    .filter((name) => name !== 'lock.sqlite' && name !== 'run.json')
    .sort();

describe('artifacts', () => {
  it('are read back as written, and a new one takes the place of the old', async () => {
    expect(await store.readArtifact(opened, run, 'checkpoint.bin')).toBeNull();
    await save('one');
    const second = await save('two');
    await save('two');
    expect(new TextDecoder().decode((await store.readArtifact(opened, run, 'checkpoint.bin'))!)).toBe('two');
    // sha256 of "two", from coreutils.
    expect(second.sha256).toBe('3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3');
    expect(filesOf(run)).toEqual(['checkpoint.3fc4ccfe7458.bin']);
    expect(store.selectArtifacts(opened.db, run)).toEqual([second]);
  });

  it('keep the old one and its rows when the rows that belong to them cannot be written', async () => {
    await save('one');
    const failing = save('two', (db) => {
      store.markResumed(db, run, 77);
      throw new Error('killed here');
    });
    await expect(failing).rejects.toThrow('killed here');
    expect(new TextDecoder().decode((await store.readArtifact(opened, run, 'checkpoint.bin'))!)).toBe('one');
    expect(store.findRun(opened.db, run).resumes).toBe(0);
    expect(filesOf(run)).toHaveLength(2);
    await store.removeOrphans(opened);
    expect(filesOf(run)).toHaveLength(1);
    expect(new TextDecoder().decode((await store.readArtifact(opened, run, 'checkpoint.bin'))!)).toBe('one');
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['cut short', (path) => truncateSync(path, 2), /has 2 bytes instead of 3/],
    ['altered', (path) => writeFileSync(path, 'onE'), /content has changed/],
    ['missing', rmSync, /cannot be opened/],
  ])('that are %s are refused in one sentence', async (_name, harm, text) => {
    const { path } = await save('one');
    harm(join(store.runFolder(home, run), path));
    await expect(store.readArtifact(opened, run, 'checkpoint.bin')).rejects.toMatchObject({
      code: 'checkpoint.unreadable',
      message: expect.stringMatching(text),
    });
  });
});

describe('removeOrphans', () => {
  it('takes temporary files, unlisted artifacts and folders of runs that never began, and nothing else', async () => {
    const kept = await save('one');
    const folder = store.runFolder(home, run);
    const gone = createRunId(5, () => 0.1);
    mkdirSync(join(folder, 'student'));
    for (const path of [
      '.report.json.0123456789ab.tmp',
      'weights.0123456789ab.bin',
      'student/.x.0123456789ab.tmp',
      'notes.txt',
    ])
      writeFileSync(join(folder, path), '');
    mkdirSync(store.runFolder(home, gone));
    writeFileSync(join(store.runFolder(home, gone), 'lock.sqlite'), '');
    const lost = createRunId(6, () => 0.1);
    mkdirSync(store.runFolder(home, lost));
    writeFileSync(join(store.runFolder(home, lost), 'checkpoint.0123456789ab.bin'), '');
    mkdirSync(join(home, 'runs', 'my own things'));
    await store.removeOrphans(opened);
    expect(filesOf(run)).toEqual([kept.path, 'notes.txt', 'student'].sort());
    expect(readdirSync(join(folder, 'student'))).toEqual([]);
    expect(filesOf(lost)).toEqual(['checkpoint.0123456789ab.bin']);
    expect(readdirSync(join(home, 'runs')).sort()).toEqual([run, lost, 'my own things'].sort());
  });

  it('does not even ask for the lock of a run that has nothing to remove', async () => {
    await save('one');
    const folder = store.runFolder(home, run);
    expect(readdirSync(folder)).toHaveLength(2);
    await store.removeOrphans(opened);
    expect(readdirSync(folder)).not.toContain('lock.sqlite');
  });

  it('leaves a run alone that a process works on', async () => {
    const lock = store.lockRun(home, run);
    writeFileSync(join(store.runFolder(home, run), 'weights.0123456789ab.bin'), '');
    await store.removeOrphans(opened);
    expect(filesOf(run)).toHaveLength(1);
    lock.release();
    store.reconcileRuns(opened);
    await store.removeOrphans(opened);
    expect(filesOf(run)).toHaveLength(0);
  });
});

describe('deleteRun', () => {
  it('removes rows and files of that run alone, and follows no link out of the home', async () => {
    const other = addRun(2);
    await save('one');
    const outside = await mkdtemp(join(tmpdir(), 'decant-outside-'));
    writeFileSync(join(outside, 'precious'), '');
    symlinkSync(outside, join(store.runFolder(home, run), 'link'));
    await store.deleteRun(opened, run);
    expect(existsSync(store.runFolder(home, run))).toBe(false);
    expect(existsSync(join(outside, 'precious'))).toBe(true);
    expect(store.selectRuns(opened.db).map((row) => row.id)).toEqual([other]);
    expect(opened.db.prepare('SELECT count(*) FROM artifacts').pluck().get()).toBe(0);
    await rm(outside, { recursive: true });
  });

  it.each(['nope', '..', '../..', '', '/'])('refuses %j', async (id) => {
    await expect(store.deleteRun(opened, id)).rejects.toMatchObject({ code: 'run.unknown' });
    expect(existsSync(home)).toBe(true);
  });

  it('refuses a run that a process works on', async () => {
    const lock = store.lockRun(home, run);
    await expect(store.deleteRun(opened, run)).rejects.toMatchObject({ code: 'run.busy' });
    lock.release();
    expect(store.findRun(opened.db, run).id).toBe(run);
  });
});

describe('with other processes', () => {
  const HELPER = new URL('../../helpers/store-process.ts', import.meta.url).pathname;
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [HELPER, home, run, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const readLine = (child: ChildProcess): Promise<string> =>
    new Promise((resolve, reject) => {
      child.stdout!.once('data', (data) => resolve(String(data).trim()));
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
  const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));

  it('a run is held by one of them, until that one is killed', async () => {
    const child = start('hold');
    await readLine(child);
    expect(store.isRunLocked(home, run)).toBe(true);
    expect(() => store.lockRun(home, run)).toThrow(expect.objectContaining({ code: 'run.busy' }));
    const end = ended(child);
    child.kill('SIGKILL');
    await end;
    expect(store.isRunLocked(home, run)).toBe(false);
    store.lockRun(home, run).release();
  });

  it('a run that is held for a moment only is waited for', async () => {
    const child = start('hold');
    await readLine(child);
    expect(() => store.lockRun(home, run, { waitMs: 0 })).toThrow(expect.objectContaining({ code: 'run.busy' }));
    // Waiting blocks this process, so that another one has to end the first.
    spawn('sh', ['-c', `sleep 0.2; kill -9 ${child.pid}`]);
    store.lockRun(home, run).release();
  });

  it('what a killed one left is a whole checkpoint and a sound store', async () => {
    for (let i = 0; i < 6; i++) {
      const child = start('write');
      await readLine(child);
      await new Promise((resolve) => setTimeout(resolve, 3 + 7 * i));
      const end = ended(child);
      child.kill('SIGKILL');
      await end;
      opened.close();
      opened = store.openStore(home);
      expect(opened.db.pragma('integrity_check', { simple: true })).toBe('ok');
      const content = await store.readArtifact(opened, run, 'checkpoint.bin');
      expect(content).not.toBeNull();
      // Its row and the rows written with it are of one moment.
      expect(store.findRun(opened.db, run).updatedAtMs).toBe(content![0]);
      expect(store.reconcileRuns(opened).left).toEqual([]);
      await store.removeOrphans(opened);
      expect(filesOf(run)).toHaveLength(1);
    }
  });
});
