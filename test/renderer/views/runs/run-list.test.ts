import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runList } from '../../../../renderer/views/runs/run-list.svelte.ts';
import { asked, script, tell } from '../../bare-page.ts';
import { createRow } from '../../samples.ts';

const rows = [1, 2, 3].map((number) => createRow(number));
const listed = () => asked.filter(({ name }) => name === 'runs.list').map(({ params }) => params);

beforeEach(() => {
  vi.useFakeTimers();
  script['runs.list'] = () => ({ total: rows.length, rows });
  script['runs.tags'] = () => [{ tag: 'phone', runs: 2 }];
  asked.length = 0;
});
afterEach(() => vi.useRealTimers());

it('shows the list, follows changes in their place, and asks again for what it does not know', async () => {
  const close = runList.open();
  await vi.advanceTimersByTimeAsync(0);
  expect([runList.pages.total, runList.pages.at(1)?.id, runList.tags]).toEqual([3, rows[1]!.id, ['phone']]);
  tell({ type: 'run.changed', row: { ...rows[1]!, name: 'renamed' } });
  expect(runList.pages.at(1)?.name).toBe('renamed');
  await vi.advanceTimersByTimeAsync(1000);
  expect(listed()).toHaveLength(1);
  tell({ type: 'run.changed', row: createRow(9) });
  tell({ type: 'run.removed', run: rows[0]!.id });
  await vi.advanceTimersByTimeAsync(1000);
  expect(listed()).toHaveLength(2);
  close();
  tell({ type: 'run.removed', run: rows[0]!.id });
  await vi.advanceTimersByTimeAsync(1000);
  expect(listed()).toHaveLength(2);
});

it('asks for what search, filters and sort say, once typing has paused', async () => {
  for (const text of ['p', 'ph', ' phone ']) {
    runList.text = text;
    runList.searchSoon();
    await vi.advanceTimersByTimeAsync(50);
  }
  runList.state = 'finished';
  runList.tag = 'phone';
  runList.sort = { key: 'studentTop1', descending: false };
  runList.selected = new Set([rows[0]!.id]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(listed()).toEqual([
    expect.objectContaining({
      text: 'phone',
      states: ['finished'],
      tags: ['phone'],
      dataset: null,
      sort: 'studentTop1',
      descending: false,
      offset: 0,
    }),
  ]);
  expect([runList.filtered, runList.selected.size]).toEqual([true, 0]);
  runList.clear();
  await vi.advanceTimersByTimeAsync(0);
  expect(listed().at(-1)).toMatchObject({ text: '', states: [], tags: [], dataset: null });
  expect(runList.filtered).toBe(false);
});
