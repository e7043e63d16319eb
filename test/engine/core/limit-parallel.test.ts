import { expect, it } from 'vitest';
import { limitParallel } from '../../../electron/engine/core/limit-parallel.ts';

it('runs so many at a time and no more, in the order asked for, failures among them', async () => {
  const gate = limitParallel(3);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const work = (number: number) => async () => {
    begun.push(number);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, (number * 7) % 5));
    running--;
    if (number % 4 === 0) throw new Error(`no ${number}`);
    return number;
  };
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => gate(work(number))));
  expect(most).toBe(3);
  expect(begun).toEqual([...Array(20).keys()]);
  for (const [number, result] of results.entries())
    expect(result.status === 'fulfilled' ? result.value : null).toBe(number % 4 === 0 ? null : number);
});
