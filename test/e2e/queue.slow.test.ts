import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobStore } from '../../electron/engine/blobs/index.ts';
import { Random } from '../../electron/engine/core/random.ts';
import { drawDataset } from '../../electron/engine/data/index.ts';
import { connect, JobQueue, parseQueueAddress } from '../../electron/engine/queue/index.ts';
import { channelOf } from '../../electron/engine/run/jobs/channels.ts';
import { sweepResultSchema } from '../../shared/run/sweep.ts';
import { findPostgres, type Postgres, startPostgres } from '../helpers/postgres.ts';
import { canMount, mountSmallDisk, unmount } from '../helpers/small-disk.ts';
import { makeTemporaryFolder } from './folders.ts';
import { TINY_RECIPE } from './real-cli.ts';

const bin = findPostgres();
const CLI = fileURLToPath(new URL('../../electron/cli/index.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('./queue-worker-process.ts', import.meta.url));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Starts Node on a script; its standard error is told to `hear` as it comes. */
function start(args: string[], env: Record<string, string>, hear?: (text: string, child: ChildProcess) => void) {
  const { PGPASSWORD: _, PGPASSFILE: __, ...rest } = process.env;
  const child = spawn(process.execPath, args, { env: { ...rest, PGPASSFILE: '/nowhere', ...env }, stdio: 'pipe' });
  const told: Ended = { status: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.stderr += text;
    hear?.(text, child);
  });
  const ended = once(child, 'close').then(([status]): Ended => ({ ...told, status }));
  return { child, ended };
}

describe.skipIf(bin === null)('a queue on PostgreSQL (needs Debian’s postgresql)', () => {
  const folder = makeTemporaryFolder('decant-queue-');
  const blobs = join(folder, 'blobs');
  let postgres: Postgres;
  let env: Record<string, string>;
  beforeAll(async () => {
    postgres = await startPostgres(bin!);
    env = { PGPASSWORD: postgres.password };
    mkdirSync(blobs);
  }, 120_000);
  afterAll(async () => {
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const worker = (more: string[], own: Record<string, string>, hear?: Parameters<typeof start>[2]) =>
    start(
      [
        CLI,
        'worker',
        '--queue',
        postgres.url,
        '--blobs',
        blobs,
        '--threads',
        '1',
        '--home',
        join(folder, 'worker'),
        ...more,
      ],
      own,
      hear,
    );

  it('lets nobody in without the password, says it nowhere, and encrypts', async () => {
    const passwordFile = join(folder, 'pgpass');
    writeFileSync(passwordFile, `127.0.0.1:*:*:decant:${postgres.password}\n`);
    chmodSync(passwordFile, 0o600);
    const [none, wrong, written, file, verified] = await Promise.all([
      worker(['--until-empty'], {}).ended,
      worker(['--until-empty'], { PGPASSWORD: 'guessed' }).ended,
      start([CLI, 'worker', '--blobs', blobs, '--queue', postgres.url.replace('decant@', 'decant:guessed@')], {}).ended,
      worker(['--until-empty'], { PGPASSFILE: passwordFile }).ended,
      start([CLI, 'worker', '--blobs', blobs, '--queue', `${postgres.url}?sslmode=verify-full`], env).ended,
    ]);
    expect(none).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('set PGPASSWORD, or PGPASSFILE'),
    });
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('password authentication failed') });
    expect(written).toMatchObject({ status: 2, stderr: expect.stringContaining('PGPASSWORD or PGPASSFILE') });
    expect(file).toMatchObject({ status: 0, stdout: expect.stringContaining('0 jobs done') });
    // Nobody vouches for this certificate.
    if (postgres.tls) expect(verified).toMatchObject({ status: 1, stderr: expect.stringMatching(/self.signed/) });
    for (const { stdout, stderr } of [none, wrong, written, file]) {
      expect(stdout + stderr).not.toContain(postgres.password);
      expect(stdout + stderr).not.toContain('guessed');
    }
    process.env.PGPASSWORD = postgres.password;
    const database = await connect(parseQueueAddress(postgres.url));
    const { rows } = await database.db.executeSql('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    expect(rows).toEqual([{ ssl: postgres.tls }]);
    await database.close();
  }, 60_000);

  it('computes a sweep elsewhere, goes on after a worker was stopped, and gives the bits of this machine', async () => {
    const pictures = join(folder, 'pictures');
    await drawDataset(pictures, { classes: 3, trainPerClass: 24, testPerClass: 8, size: 32, seed: 1 });
    const recipe = join(folder, 'recipe.json');
    writeFileSync(recipe, JSON.stringify({ ...TINY_RECIPE, train: { ...TINY_RECIPE.train, teacherEpochs: 1 } }));
    const common = ['--recipe', recipe, '--threads', '1', '--backend', 'simd', '--json'];
    const sweep = (name: string, more: string[]) =>
      start([CLI, 'sweep', pictures, ...common, '--home', join(folder, name), ...more], env).ended;
    const shared = ['--queue', postgres.url, '--blobs', blobs, '--grid', 'prune.macs=0.8'];

    const asked = sweep('asking', shared);
    // Ctrl-C while the student trains: the job is given back, and this machine goes on with its run.
    let stopped = false;
    const first = await worker([], env, (text, child) => {
      if (stopped || !text.includes('[warm-up]')) return;
      stopped = true;
      child.kill('SIGINT');
    }).ended;
    expect(first).toMatchObject({ status: 130, stderr: expect.stringContaining('was given back') });
    // Images came by the blob store: the second worker has no dataset of its own.
    rmSync(pictures, { recursive: true, force: true });
    const second = await worker(['--until-empty'], env).ended;
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining('1 job done, 0 failed, 0 lost.') });

    const result = sweepResultSchema.parse(JSON.parse((await asked).stdout));
    const [run] = result.points.flatMap(({ runs }) => runs);
    expect(run).toMatchObject({ seed: 1, state: 'finished', error: null });

    // Alone on this machine, without a queue and undisturbed, the same bits.
    await drawDataset(pictures, { classes: 3, trainPerClass: 24, testPerClass: 8, size: 32, seed: 1 });
    const here = sweepResultSchema.parse(JSON.parse((await sweep('here', ['--set', 'prune.macs=0.8'])).stdout));
    expect(here.points[0]!.runs[0]).toMatchObject({ top1: run!.top1, macs: run!.macs, student: run!.student });
  }, 180_000);

  it('loses nothing and doubles nothing while workers are killed, the database crashes, and the shared disk is full', async () => {
    const place = join(folder, 'faults');
    const small = canMount();
    if (small) mountSmallDisk(place, 4096);
    else mkdirSync(place);
    const store = new BlobStore(place);
    const random = new Random(7);
    const keys = Array.from({ length: 40 }, (_, i) => createHash('sha256').update(`fault ${i}`).digest('hex'));
    const queue = await JobQueue.open(await connect(parseQueueAddress(postgres.url)), {
      leaseSeconds: 10,
      superviseSeconds: 2,
    });
    const workers: ChildProcess[] = [];
    let begun = 0;
    const hire = (): number => workers.push(start([WORKER, postgres.url, place, String(++begun)], env).child);
    try {
      await queue.send(channelOf('simd'), keys);
      for (let i = 0; i < 3; i++) hire();
      const resolved = async (): Promise<number> =>
        (await Promise.all(keys.map((key) => store.resolve(key)))).filter((result) => result !== null).length;
      const until = async (count: number): Promise<void> => {
        while ((await resolved()) < count) await sleep(300);
      };
      await until(5);
      for (let kills = 0; kills < 3; kills++) {
        workers.splice(Math.floor(random.next() * workers.length), 1)[0]!.kill('SIGKILL');
        hire();
        await sleep(200 + 500 * random.next());
      }
      if (small) {
        writeFileSync(join(place, 'filler'), Buffer.alloc(1000));
        try {
          for (;;) writeFileSync(join(place, 'filler'), Buffer.alloc(10_000), { flag: 'a' });
        } catch {
          // Full.
        }
        await sleep(1500);
        rmSync(join(place, 'filler'));
      }
      await postgres.crash(500);
      await until(keys.length);
      const settled = async () => [...(await queue.states(channelOf('simd'), keys)).values()];
      while ((await settled()).some(({ state }) => state !== 'done')) await sleep(200);
      expect(await settled()).toHaveLength(keys.length);
      for (const key of keys) {
        const result = await store.get((await store.resolve(key))!);
        expect(result.toString('latin1').startsWith(`${key} `)).toBe(true);
      }
      const names = readdirSync(join(place, 'names'), { recursive: true, withFileTypes: true });
      expect(names.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))).toHaveLength(keys.length);
      const rows = await postgres.query(
        `SELECT count(*)::int AS count FROM decant.job WHERE name = '${channelOf('simd')}'`,
      );
      expect(rows[0]!.count).toBeGreaterThanOrEqual(keys.length);
    } finally {
      for (const child of workers) child.kill('SIGKILL');
      await queue.close();
      if (small) unmount(place);
    }
  }, 120_000);

  it('keeps the password out of everything that it wrote', () => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'pgpass')
        expect(readFileSync(join(entry.parentPath, entry.name)).includes(postgres.password)).toBe(false);
  });
});
