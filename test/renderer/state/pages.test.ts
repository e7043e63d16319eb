import '../bare-page.ts';
import { expect, it } from 'vitest';
import { Pages } from '../../../renderer/state/pages.svelte.ts';

/** The numbers from `first`, `total` of them, as a list of pages; `asked` has every question. */
function makeList(total: number, first = 0) {
  const asked: [offset: number, limit: number][] = [];
  const ask = async (offset: number, limit: number) => {
    asked.push([offset, limit]);
    const count = Math.max(0, Math.min(limit, total - offset));
    return { total, rows: Array.from({ length: count }, (_, i) => first + offset + i) };
  };
  return { asked, ask };
}
const settle = () => new Promise((resolve) => setTimeout(resolve));

it('asks for the pages whose rows come into sight, once each', async () => {
  const { asked, ask } = makeList(35);
  const pages = new Pages<number>(10);
  await pages.open(ask);
  expect([pages.total, pages.at(3), pages.at(12)]).toEqual([35, 3, undefined]);
  pages.need(5, 25);
  pages.need(5, 25);
  await settle();
  expect([pages.at(12), pages.at(29), pages.at(30)]).toEqual([12, 29, undefined]);
  expect(asked).toEqual([0, 10, 20].map((offset) => [offset, 10]));
});

it('refreshes what is in sight by one question, and forgets the rest', async () => {
  const { asked, ask } = makeList(35);
  const pages = new Pages<number>(10);
  await pages.open(ask);
  pages.need(10, 34);
  await settle();
  await pages.refresh(12, 28);
  expect(asked.at(-1)).toEqual([10, 20]);
  expect([pages.at(10), pages.at(29), pages.at(0), pages.at(30)]).toEqual([10, 29, undefined, undefined]);
});

it('changes to another list without an empty moment, and drops late pages of the last', async () => {
  const pages = new Pages<number>(10);
  await pages.open(makeList(35).ask);
  const late = Promise.withResolvers<{ total: number; rows: number[] }>();
  const slow = pages.change(() => late.promise);
  expect(pages.at(3)).toBe(3);
  await pages.change(makeList(4, 100).ask);
  late.resolve({ total: 1, rows: [7] });
  await slow;
  expect([pages.total, pages.at(0), pages.at(3), pages.at(4)]).toEqual([4, 100, 103, undefined]);
});

it('replaces a row where it is, and says whether it was there', async () => {
  const pages = new Pages<number>(10);
  await pages.open(makeList(5).ask);
  expect(pages.replace((row) => row === 2, 42)).toBe(true);
  expect(pages.replace((row) => row === 2, 43)).toBe(false);
  expect(pages.at(2)).toBe(42);
});

it('tells of a failure, and begins again', async () => {
  const pages = new Pages<number>(10);
  const answers = [Promise.reject(new Error('the engine is gone')), Promise.resolve({ total: 1, rows: [1] })];
  await pages.open(() => answers.shift()!);
  expect(pages.failure).toMatchObject({ message: 'the engine is gone' });
  await pages.reopen();
  expect(pages).toMatchObject({ failure: null, total: 1 });
});
