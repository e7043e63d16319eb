import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobQueue, Lease } from '../../../electron/engine/queue/index.ts';
import { OPENING_MS, openQueueHere, type QueueHere } from '../../helpers/queue-here.ts';

let queue: JobQueue;
let loseWorkers: QueueHere['loseWorkers'];
beforeAll(async () => {
  ({ queue, loseWorkers } = await openQueueHere());
}, OPENING_MS);
afterAll(() => queue.close());

const keys = (count: number, of: string): string[] =>
  Array.from({ length: count }, (_, i) => createHash('sha256').update(`${of} ${i}`).digest('hex'));
const takeOne = async (channel: string): Promise<Lease> => {
  const lease = await queue.take(channel);
  expect(lease).not.toBeNull();
  return lease!;
};
const stateOf = async (channel: string, key: string) => (await queue.states(channel, [key])).get(key);

describe('a job', () => {
  it('is there once however often it is sent, and each is taken by one', async () => {
    const sent = keys(20, 'once');
    for (let i = 0; i < 3; i++) await queue.send('once', sent);
    const taken = (await Promise.all(Array.from({ length: 25 }, () => queue.take('once')))).filter((lease) => lease);
    expect(taken.map((lease) => lease!.key).sort()).toEqual([...sent].sort());
    await queue.send('once', sent);
    expect(await queue.take('once')).toBeNull();
  });

  it('waits, runs and is done', async () => {
    const [key] = keys(1, 'road') as [string];
    expect(await stateOf('road', key)).toBeUndefined();
    await queue.send('road', [key]);
    expect(await stateOf('road', key)).toEqual({ state: 'waiting' });
    expect(await queue.waiting()).toContainEqual({ channel: 'road', count: 1 });
    const lease = await takeOne('road');
    expect(lease).toMatchObject({ key, failures: 0 });
    expect(await stateOf('road', key)).toEqual({ state: 'running' });
    expect(await queue.beat(lease)).toBe(true);
    expect(await queue.finish(lease)).toBe(true);
    expect(await stateOf('road', key)).toEqual({ state: 'done' });
    expect(await queue.finish(lease)).toBe(false);
  });

  it('whose worker is lost goes to another, and the first can settle it no more', async () => {
    await queue.send('lost', keys(1, 'lost'));
    const first = await takeOne('lost');
    await queue.supervise('lost');
    expect(await queue.take('lost')).toBeNull();
    await loseWorkers('lost');
    expect(await queue.beat(first)).toBe(false);
    const second = await takeOne('lost');
    expect(second.key).toBe(first.key);
    expect(await queue.beat(first)).toBe(false);
    expect(await queue.finish(first)).toBe(false);
    await queue.fail(first, { code: null, message: 'Of the first.' });
    expect(await queue.beat(second)).toBe(true);
    expect(await queue.finish(second)).toBe(true);
  });

  it('that fails three times is set aside with its error, and begins anew when it is sent again', async () => {
    const [key] = keys(1, 'bad') as [string];
    await queue.send('bad', [key]);
    for (const end of ['again', 'again', 'setAside']) {
      const error = { code: 'dataset.classes', message: `Then ${end}.` };
      expect(await queue.fail(await takeOne('bad'), error)).toBe(end);
    }
    expect(await queue.take('bad')).toBeNull();
    expect(await stateOf('bad', key)).toEqual({
      state: 'setAside',
      error: { code: 'dataset.classes', message: 'Then setAside.' },
    });
    await queue.send('bad', [key]);
    expect(await takeOne('bad')).toMatchObject({ key, failures: 0 });
  });

  it('that is given back, or whose worker is lost, has not failed', async () => {
    await queue.send('back', keys(1, 'back'));
    expect(await queue.fail(await takeOne('back'), { code: null, message: 'Once.' })).toBe('again');
    for (let i = 0; i < 5; i++) {
      const lease = await takeOne('back');
      expect(lease.failures).toBe(1);
      await queue.giveBack(lease);
    }
    for (let i = 0; i < 5; i++) {
      await takeOne('back');
      await loseWorkers('back');
    }
    expect((await takeOne('back')).failures).toBeLessThan(3);
  });
});
