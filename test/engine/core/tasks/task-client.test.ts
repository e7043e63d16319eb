import { afterAll, describe, expect, it } from 'vitest';
import {
  openProcess,
  openThread,
  PlaceEnded,
  type TaskClient,
} from '../../../../electron/engine/core/tasks/task-client.ts';
import type { SomeTasks } from './some-tasks.ts';

const script = new URL('./some-tasks.ts', import.meta.url);
const PLACES = {
  thread: () => openThread<SomeTasks>(script, { name: 'some' }),
  process: () => openProcess<SomeTasks>(script, { name: 'some' }),
};

describe.each(['thread', 'process'] as const)('tasks in a %s', (place) => {
  const opened: TaskClient<SomeTasks>[] = [];
  const open = () => {
    const client = PLACES[place]();
    opened.push(client);
    return client;
  };
  const shared = open();
  afterAll(async () => {
    for (const client of opened) await client.close();
  });

  it('are answered, each with its own result, whatever the order', async () => {
    const slow = shared.ask('count', { to: 20 });
    const answers = [1, 2, 3].map((a) => shared.ask('add', { a, b: 10 }));
    expect(await Promise.all(answers)).toEqual([11, 12, 13]);
    expect(await slow).toBe('counted to 20');
  });

  it('tell of what happens on the way, in order and before the result', async () => {
    const events: number[] = [];
    await shared.ask('count', { to: 5 }, { listener: (event) => events.push(event) });
    expect(events).toEqual([1, 2, 3, 4, 5]);
  });

  it('fail with the error that they threw: code, details and stack', async () => {
    const failure = await shared.ask('refuse', { path: '/x' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'DecantError',
      code: 'output.unwritable',
      status: 2,
      message: '/x cannot be written.',
      details: { path: '/x' },
    });
    expect((failure as Error).stack).toContain('some-tasks.ts');
    await expect(shared.ask('fail', undefined)).rejects.toThrow('nobody foresaw this');
    await expect(shared.ask('unclonable', undefined)).rejects.toThrow();
    expect(await shared.ask('add', { a: 1, b: 1 })).toBe(2);
  });

  it('end when they are aborted: with the reason, unless something else went wrong', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const waiting = shared.ask('wait', { own: false }, { signal: stop.signal });
    const failing = shared.ask('wait', { own: true }, { signal: stop.signal });
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(failing).rejects.toMatchObject({ code: 'disk.full' });
    await expect(shared.ask('add', { a: 1, b: 1 }, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('are not answered once the place has ended, and how it ended is known', async () => {
    const client = open();
    const waiting = client.ask('wait', { own: false });
    await expect(client.ask('exit', { status: 3 })).rejects.toBeInstanceOf(PlaceEnded);
    await expect(waiting).rejects.toThrow(`the ${place} "some" ended with status 3`);
    await expect(client.ask('add', { a: 1, b: 1 })).rejects.toMatchObject({ how: 'ended with status 3' });
    expect(client.hasEnded).toBe(true);
  });

  it('may be dismissed: the place ends by itself', async () => {
    const client = open();
    expect(await client.ask('add', { a: 1, b: 2 })).toBe(3);
    await client.dismiss();
    expect((await client.ended).how).toBe('ended with status 0');
    await client.dismiss();
  });
});

it('memory goes over to a thread and back without being copied', async () => {
  const client = PLACES.thread();
  const memory = new Uint8Array(1 << 20);
  const filled = await client.ask('fill', { memory, value: 7 }, { move: [memory.buffer] });
  expect(memory.byteLength).toBe(0);
  expect([filled.length, filled[0], filled.at(-1)]).toEqual([1 << 20, 7, 7]);
  await client.close();
});

it('a script that does not load says why', async () => {
  const broken = new URL('data:text/javascript,throw new Error("it is broken.")');
  const client = openThread<SomeTasks>(broken, { name: 'broken' });
  await expect(client.ask('add', { a: 1, b: 1 })).rejects.toThrow('the thread "broken" failed: it is broken');
});
