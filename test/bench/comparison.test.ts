import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Row, readComparison, summarize, writeComparison } from '../../bench/comparison.ts';

const row = (method: string, seed: number, top1: number): Row => ({ method, seed, top1, macs: 0.5, elapsedMs: 1 });

it('gives means, sample deviations, and leads taken seed by seed', () => {
  const rows = [row('ours', 1, 0.5), row('ours', 2, 0.6), row('random', 2, 0.57), row('random', 1, 0.49)];
  const [ours, random] = summarize(rows, ['ours', 'random', 'uniform'], 'ours');
  expect(ours).toMatchObject({ method: 'ours', seeds: 2, macs: 0.5, lead: null });
  expect(ours!.top1.mean).toBeCloseTo(0.55);
  expect(ours!.top1.deviation).toBeCloseTo(0.0707, 4); // 0.1 / √2
  // Leads 0.01 and 0.03.
  expect(random!.lead!.mean).toBeCloseTo(0.02);
  expect(random!.lead!.deviation).toBeCloseTo(0.0141, 4);
});

it('says no deviation of a single seed', () => {
  expect(summarize([row('ours', 1, 0.5)], ['ours'], 'ours')[0]!.top1).toEqual({ mean: 0.5, deviation: null });
});

it('goes on with what was kept, and refuses what was kept of another protocol', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'decant-comparison-'));
  try {
    const path = join(folder, 'results.json');
    const kept = { protocol: { epochs: 6 }, teacherTop1: 0.8, rows: [row('ours', 1, 0.5)] };
    expect((await readComparison(path, { epochs: 6 })).rows).toEqual([]);
    await writeComparison(path, kept);
    expect(await readComparison(path, { epochs: 6 })).toEqual(kept);
    await expect(readComparison(path, { epochs: 7 })).rejects.toThrow(/other settings/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
