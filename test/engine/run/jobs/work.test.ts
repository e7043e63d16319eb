import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BlobStore } from '../../../../electron/engine/blobs/index.ts';
import { DecantError } from '../../../../electron/engine/core/errors.ts';
import type { JobQueue } from '../../../../electron/engine/queue/index.ts';
import { channelOf, type JobBackend } from '../../../../electron/engine/run/jobs/channels.ts';
import type { runJobInThread } from '../../../../electron/engine/run/jobs/job-at-work.ts';
import { serve } from '../../../../electron/engine/run/jobs/work.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { OPENING_MS, openQueueHere, type QueueHere } from '../../../helpers/queue-here.ts';

const folder = makeTemporaryFolder('decant-work-');
const blobs = new BlobStore(join(folder, 'blobs'));
let queue: JobQueue;
let loseWorkers: QueueHere['loseWorkers'];
beforeAll(async () => {
  ({ queue, loseWorkers } = await openQueueHere());
}, OPENING_MS);
afterAll(async () => {
  await queue.close();
  rmSync(folder, { recursive: true, force: true });
});

type RunJob = typeof runJobInThread;

/** A worker that does jobs as `runJob` says, on a back end of its own, so that tests do not take each other's jobs. */
function startWorker(
  backend: JobBackend,
  runJob: RunJob,
  { untilEmpty = true, signal = new AbortController().signal } = {},
) {
  const told: string[] = [];
  const options = {
    home: folder,
    blobs: blobs.folder,
    backend,
    threads: 1,
    cacheLimitBytes: null,
    untilEmpty,
    signal,
    runJob,
  };
  const listener = (event: { type: string; message?: string }) => void told.push(event.message ?? event.type);
  const ended = serve(queue, { ...options, listener }, { pollMs: 50, restMs: 50 });
  return { told, ended };
}

const keys = (count: number, of: string): string[] =>
  Array.from({ length: count }, (_, i) => createHash('sha256').update(`${of} ${i}`).digest('hex'));

/** Answers a job with what follows from its key. */
const answer: RunJob = async ({ key }) => blobs.name(key, await blobs.put(`result of ${key}`));

it('does every job once, however many workers there are', async () => {
  const sent = keys(24, 'many');
  await queue.send(channelOf('simd'), sent);
  const did: string[] = [];
  const workers = [1, 2, 3].map(() =>
    startWorker('simd', async (order, options) => {
      did.push(order.key);
      return answer(order, options);
    }),
  );
  const results = await Promise.all(workers.map(({ ended }) => ended));
  expect(results.reduce((sum, { done }) => sum + done, 0)).toBe(24);
  expect(did.sort()).toEqual([...sent].sort());
  const states = await queue.states(channelOf('simd'), sent);
  expect([...states.values()]).toEqual(sent.map(() => ({ state: 'done' })));
});

it('sets a job aside that fails three times, and goes on with the others', async () => {
  const [bad, ...good] = keys(4, 'bad') as [string, string, string, string];
  await queue.send(channelOf('webgpu'), [bad, ...good]);
  let failed = 0;
  const { told, ended } = startWorker('webgpu', async (order, options) => {
    if (order.key !== bad) return answer(order, options);
    failed++;
    throw new DecantError('training.diverged', 'The loss is NaN.');
  });
  expect(await ended).toEqual({ done: 3, failed: 3, lost: 0 });
  expect(failed).toBe(3);
  expect(told.filter((line) => line.endsWith('failed: The loss is NaN. It was set aside.'))).toHaveLength(1);
  expect((await queue.states(channelOf('webgpu'), [bad])).get(bad)).toEqual({
    state: 'setAside',
    error: { code: 'training.diverged', message: 'The loss is NaN.' },
  });
});

it('gives a job back while its own disk is full, however often, and does it when there is space', async () => {
  await queue.send(channelOf('cpu'), keys(1, 'full'));
  let tries = 0;
  const stop = new AbortController();
  const { told, ended } = startWorker(
    'cpu',
    async (order, options) => {
      if (++tries <= 5) throw new DecantError('disk.full', 'There is no space left.');
      const result = await answer(order, options);
      setTimeout(() => stop.abort(), 200);
      return result;
    },
    { untilEmpty: false, signal: stop.signal },
  );
  await expect(ended).rejects.toMatchObject({ code: 'run.stopped' });
  expect(tries).toBe(6);
  expect(told.filter((line) => line.includes('given back, since this machine cannot do it now'))).toHaveLength(5);
  expect([...(await queue.states(channelOf('cpu'), keys(1, 'full'))).values()]).toEqual([{ state: 'done' }]);
});

it('stops a job that another worker was given, and gives its own back when it is stopped itself', async () => {
  const [key] = keys(1, 'lost') as [string];
  const channel = channelOf('tensorflow');
  await queue.send(channel, [key]);
  let begun = 0;
  const block: RunJob = async (_, { signal }) => {
    begun++;
    await sleep(60_000, undefined, { signal });
    return '';
  };
  const first = startWorker('tensorflow', block);
  while (begun < 1) await sleep(20);
  await loseWorkers(channel);
  const stop = new AbortController();
  const second = startWorker('tensorflow', block, { signal: stop.signal });
  while (begun < 2) await sleep(20);
  // The heartbeat of the first finds out, and it ends without having touched the job, of which none waits now.
  expect(await first.ended).toEqual({ done: 0, failed: 0, lost: 1 });
  expect((await queue.states(channel, [key])).get(key)).toEqual({ state: 'running' });
  stop.abort();
  await expect(second.ended).rejects.toMatchObject({ code: 'run.stopped' });
  expect((await queue.states(channel, [key])).get(key)).toEqual({ state: 'waiting' });
  expect(await startWorker('tensorflow', answer).ended).toEqual({ done: 1, failed: 0, lost: 0 });
});

it('declines jobs of another version or back end, with a reason', async () => {
  await queue.send(channelOf('simd', '99.0.0'), keys(2, 'newer'));
  await queue.send(channelOf('webgpu'), keys(1, 'elsewhere'));
  const { told, ended } = startWorker('simd', answer);
  expect(await ended).toEqual({ done: 0, failed: 0, lost: 0 });
  expect(told).toContainEqual(expect.stringMatching(/^Declined 2 jobs: they are for Decant 99\.0\.0, and this is \d/));
  expect(told).toContain('Declined 1 job: they are for webgpu, and this worker computes on simd (--backend).');
});
