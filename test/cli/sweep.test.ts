import { expect, it } from 'vitest';
import type { SweepResult } from '../../shared/run/sweep.ts';
import { runFake } from './fake-engine.ts';

const run = { error: null, state: 'finished' as const, student: 'a'.repeat(64) };
const RESULT: SweepResult = {
  dataset: 'photos',
  decant: '0.1.0',
  backend: 'simd',
  points: [
    {
      settings: { 'prune.macs': '0.5', 'train.batch': '16' },
      runs: [
        { ...run, seed: 1, top1: 0.8, macs: 1_000_000, totalMs: 60_000 },
        { ...run, seed: 2, top1: 0.9, macs: 1_000_400, totalMs: 120_000 },
      ],
    },
    {
      settings: { 'prune.macs': '0.6', 'train.batch': '16' },
      runs: [
        { ...run, seed: 1, top1: 0.7, macs: 2_000_000, totalMs: 60_000 },
        { seed: 2, state: 'setAside', error: 'The loss is NaN.', student: null, top1: null, macs: null, totalMs: null },
      ],
    },
  ],
};
const sweep = { sweep: async () => RESULT };
const spoken = (text: string): string => text.replaceAll('\u2009', ' ');

it('makes a point of each combination of the grid, and prints a line for each', async () => {
  const args = ['sweep', 'photos', '--grid', 'prune.macs=0.5,0.6', '--grid', 'train.batch=16', '--seeds', '2'];
  const { status, stdout, calls } = await runFake([...args, '--set', 'data.inputSize=32'], sweep);
  expect(status).toBe(0);
  const { points, ...rest } = calls[0]!.options;
  expect(rest).toMatchObject({ dataset: 'photos', seeds: 2, queue: null, blobs: null, backend: 'auto', threads: null });
  expect(points).toMatchObject([
    {
      settings: { 'prune.macs': '0.5', 'train.batch': '16' },
      recipe: { prune: { macs: 0.5 }, train: { batch: 16 }, data: { inputSize: 32 } },
    },
    { settings: { 'prune.macs': '0.6', 'train.batch': '16' }, recipe: { prune: { macs: 0.6 } } },
  ]);
  expect(spoken(stdout)).toBe(
    [
      'photos: 2 points, 4 runs',
      '',
      'prune.macs  train.batch    Runs  Top-1 (test)  MACs  Time per run',
      '0.5         16                2  85.0 % ± 7.1   1 M    1 min 30 s',
      '0.6         16           1 of 2        70.0 %   2 M     1 min 0 s',
      '',
      'Failed      prune.macs=0.6, train.batch=16, seed 2: The loss is NaN.',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await runFake([...args, '--json'], sweep)).stdout)).toEqual(RESULT);
});

it('takes values with commas as a JSON list, and one point without a grid', async () => {
  const listed = await runFake(['sweep', 'photos', '--grid', 'taps=[[],["a","b"]]'], sweep);
  expect(listed).toMatchObject({ status: 2, stderr: expect.stringContaining('taps=[]: ') });
  const { calls } = await runFake(['sweep', 'photos'], sweep);
  expect(calls[0]!.options.points).toMatchObject([{ settings: {} }]);
});

it('computes on simd where there is a queue, which needs a shared folder', async () => {
  const queue = ['--queue', 'postgres://ann@db/jobs'];
  const { calls } = await runFake(['sweep', 'photos', ...queue, '--blobs', '/share'], sweep);
  expect(calls[0]!.options).toMatchObject({ queue: queue[1], blobs: '/share', backend: 'simd' });
  const auto = await runFake(['sweep', 'photos', ...queue, '--blobs', '/share', '--backend', 'auto']);
  expect(auto).toMatchObject({ status: 2, stderr: expect.stringContaining('allowed: simd') });
  expect(await runFake(['sweep', 'photos', ...queue])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('add --blobs DIR'),
  });
});

it.each([
  [['sweep'], '<dataset> is missing'],
  [['sweep', 'photos', '--grid', 'prune.macs'], 'write --grid key=a,b,c'],
  [['sweep', 'photos', '--grid', 'prune.macs=0.5,,0.6'], 'an empty value'],
  [['sweep', 'photos', '--grid', 'prune.macs=0.5', '--grid', 'prune.macs=0.6'], 'given twice'],
  [['sweep', 'photos', '--grid', 'seed=1,2'], '--seeds N'],
  [['sweep', 'photos', '--grid', 'prune.macs=0.5,7'], 'prune.macs=7: "prune.macs" is 7'],
  [['sweep', 'photos', '--grid', 'prune.mac=0.5'], 'prune.mac'],
  [['sweep', 'photos', '--seeds', '0'], '--seeds'],
  [['sweep', 'photos', '--seeds', '9999', '--grid', 'prune.macs=0.5,0.6'], 'at most 10000'],
  [['worker'], '--queue postgres://user@host/database --blobs DIR'],
  [['worker', '--queue', 'postgres://db/jobs'], '--blobs DIR'],
  [['worker', '--queue', 'postgres://db/jobs', '--blobs', 'x', '--backend', 'auto'], 'allowed: simd'],
])('refuses %j in one line', async (args, said) => {
  const { status, stderr, calls } = await runFake(args);
  expect([status, calls]).toEqual([2, []]);
  expect(stderr).toContain(said);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('starts a worker, and says what it did', async () => {
  const args = ['worker', '--queue', 'postgres://ann@db/jobs', '--blobs', '/share', '--threads', '4', '--until-empty'];
  const { status, stdout, calls } = await runFake(args, { work: async () => ({ done: 3, failed: 1, lost: 0 }) });
  expect(status).toBe(0);
  expect(stdout).toBe('3 jobs done, 1 failed, 0 lost.\n');
  expect(calls[0]!.options).toMatchObject({
    queue: 'postgres://ann@db/jobs',
    blobs: '/share',
    backend: 'simd',
    threads: 4,
    untilEmpty: true,
  });
});
