import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keeper } from '../../../electron/engine/core/keeper.ts';

/** A keeper of texts that notes what was made and discarded. */
function makeKeeper(limit: number, options: { idleMs?: number } = {}) {
  const made: string[] = [];
  const discarded: string[] = [];
  const keeper = new Keeper<string>({
    limit,
    weigh: (text) => text.length,
    discard: (text) => void discarded.push(text),
    ...options,
  });
  const make = (key: string) => async () => {
    made.push(key);
    return key;
  };
  const use = (key: string) => keeper.use(key, make(key), (text) => text);
  return { keeper, made, discarded, make, use };
}

it('makes a value once, however many ask for it at once', async () => {
  const { made, use } = makeKeeper(100);
  expect(await Promise.all([use('a'), use('a'), use('b'), use('a')])).toEqual(['a', 'a', 'b', 'a']);
  await use('a');
  expect(made).toEqual(['a', 'b']);
});

it('lets go of the longest unused when they weigh too much together', async () => {
  const { keeper, made, discarded, use } = makeKeeper(5);
  await use('aa');
  await use('bb');
  await use('aa');
  await use('cc');
  expect(keeper.weight).toBe(4);
  await keeper.clear();
  expect(discarded).toEqual(['bb', 'aa', 'cc']);
  await use('bb');
  expect(made).toEqual(['aa', 'bb', 'cc', 'bb']);
});

it('does not keep what alone weighs too much, but hands it out', async () => {
  const { keeper, use } = makeKeeper(3);
  expect(await use('long')).toBe('long');
  expect(keeper.weight).toBe(0);
});

it('never discards what somebody works with', async () => {
  const { keeper, discarded, make, use } = makeKeeper(1);
  let finish: () => void = () => undefined;
  const work = keeper.use('a', make('a'), () => new Promise<void>((resolve) => (finish = resolve)));
  await use('b');
  await use('c');
  expect(discarded).not.toContain('a');
  keeper.forget('a');
  expect(discarded).not.toContain('a');
  finish();
  await work;
  await keeper.clear();
  expect(discarded.sort()).toEqual(['a', 'b', 'c']);
});

it('tells a failure to all who asked, and tries again when asked again', async () => {
  const { keeper, use } = makeKeeper(9);
  const fail = () => keeper.use('a', () => Promise.reject(new Error('no')), String);
  const failures = await Promise.allSettled([fail(), fail()]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await use('a')).toBe('a');
  expect(keeper.weight).toBe(1);
});

it('keeps a value whose use failed', async () => {
  const { keeper, made, make, use } = makeKeeper(9);
  await expect(keeper.use('a', make('a'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await use('a');
  expect(made).toEqual(['a']);
});

describe('with a time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('discards what nobody has used for so long', async () => {
    const { keeper, discarded, use } = makeKeeper(9, { idleMs: 1000 });
    await use('a');
    await vi.advanceTimersByTimeAsync(900);
    await use('a');
    await vi.advanceTimersByTimeAsync(900);
    expect(discarded).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(discarded).toEqual(['a']);
    expect(keeper.weight).toBe(0);
  });
});
