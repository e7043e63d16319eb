/**
 * What a queue adds to each of its jobs: `npm run -s bench:queue -- [--jobs 10000] [--workers 1] [--memory]`. Starts a PostgreSQL of its own on
 * loopback (Debian's `postgresql`), sends so many jobs that compute nothing, and has workers, processes of their own, do them all. The
 * limit is 30 ms a job. Each job flushes a small result to the disk four times; with `--memory` it lies in /dev/shm, so that only the
 * queue is measured.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BlobStore } from '../electron/engine/blobs/index.ts';
import { connect, JobQueue, parseQueueAddress } from '../electron/engine/queue/index.ts';
import { channelOf } from '../electron/engine/run/jobs/channels.ts';
import { work } from '../electron/engine/run/jobs/work.ts';
import { makeTemporaryFolder } from '../test/e2e/folders.ts';
import { findPostgres, startPostgres } from '../test/helpers/postgres.ts';

const LIMIT_MS = 30;
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '1' },
    memory: { type: 'boolean', default: false },
    // Given to the workers that this starts.
    queue: { type: 'string' },
    blobs: { type: 'string' },
  },
});
if (values.queue !== undefined && values.blobs !== undefined) await beWorker(values.queue, values.blobs);
else await measure(Number(values.jobs), Number(values.workers), values.memory);

/** Does jobs as a run's worker does them, but for the run: it writes a small result, gives it its name, and settles the job. */
async function beWorker(queue: string, folder: string): Promise<void> {
  const blobs = new BlobStore(folder);
  await work({
    home: folder,
    queue,
    blobs: folder,
    backend: 'simd',
    threads: 1,
    cacheLimitBytes: null,
    untilEmpty: true,
    listener: () => undefined,
    signal: new AbortController().signal,
    runJob: async ({ key }) => blobs.name(key, await blobs.put(`result of ${key}`)),
  });
}

async function measure(jobs: number, workers: number, inMemory: boolean): Promise<void> {
  const bin = findPostgres();
  if (bin === null) throw new Error('PostgreSQL is not installed; install Debian’s package "postgresql".');
  const postgres = await startPostgres(bin);
  const folder = inMemory ? mkdtempSync('/dev/shm/decant-bench-queue-') : makeTemporaryFolder('decant-bench-queue-');
  process.env.PGPASSWORD = postgres.password;
  const queue = await JobQueue.open(await connect(parseQueueAddress(postgres.url)));
  try {
    const keys = Array.from({ length: jobs }, (_, i) => createHash('sha256').update(`job ${i}`).digest('hex'));
    const began = performance.now();
    await queue.send(channelOf('simd'), keys);
    const sentMs = performance.now() - began;
    const script = fileURLToPath(import.meta.url);
    const children = Array.from({ length: workers }, () =>
      spawn(process.execPath, [script, '--queue', postgres.url, '--blobs', folder], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    await Promise.all(children.map((child) => once(child, 'exit')));
    const elapsedMs = performance.now() - began;
    const states = [...(await queue.states(channelOf('simd'), keys)).values()];
    const done = states.filter(({ state }) => state === 'done').length;
    // Of the time that workers spent, each job's share.
    const perJobMs = (elapsedMs * workers) / jobs;
    console.log(JSON.stringify({ jobs, done, workers, sentMs, elapsedMs, perJobMs, limitMs: LIMIT_MS }, null, 2));
    process.exitCode = done === jobs && perJobMs < LIMIT_MS ? 0 : 1;
  } finally {
    await queue.close();
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
