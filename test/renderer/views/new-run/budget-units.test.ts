import { describe, expect, it } from 'vitest';
import { listBudgetUnits } from '../../../../renderer/views/new-run/budget-units.ts';
import type { RunPlan } from '../../../../shared/ipc/topics/runs.ts';

const network = (role: 'teacher' | 'baseline' | 'student', macs: number, parameters: number, bytes: number) => ({
  role,
  architecture: 'mobilenet-v2',
  macs,
  parameters,
  bytes,
  estimated: false,
});
const NETWORKS: RunPlan['networks'] = [
  network('teacher', 20e6, 4e6, 16.2e6),
  network('baseline', 25e6, 2e6, 8.2e6),
  network('student', 15e6, 1e6, 4.2e6),
];
const find = (limit: 'macs' | 'parameters', value: string) =>
  listBudgetUnits(limit, NETWORKS).find((unit) => unit.value === value)!; // Listed, or the test fails.
const spoken = (text: string): string => text.replaceAll('\u2009', ' ').replaceAll('\u2212', '-');

describe('a budget', () => {
  it('is a share of the full student where nothing else is known', () => {
    const [only, ...others] = listBudgetUnits('macs', null);
    expect(others).toEqual([]);
    expect(only!.toShare(0.4)).toBe(0.6);
    expect(only!.fromShare(0.6)).toBeCloseTo(0.4);
    expect(spoken(only!.format(0.4))).toBe('-40.0 %');
  });

  it('is a share of the teacher, which may be less than the full student', () => {
    const unit = find('macs', 'teacher');
    expect(unit.toShare(0.4)).toBe(0.48);
    expect(unit.fromShare(1)).toBeCloseTo(-0.25);
    expect(unit.min).toBeCloseTo(-0.25);
    expect(spoken(unit.describe(-0.25))).toBe('25.0 % more FLOPs than those of the teacher');
  });

  it('is a number of FLOPs, twice the MACs', () => {
    const unit = find('macs', 'flops');
    expect(unit.toShare(30)).toBe(0.6);
    expect(unit.fromShare(0.6)).toBe(30);
    expect(unit.max).toBe(50);
  });

  it('is the size of a file, which has more than parameters', () => {
    expect(find('parameters', 'fp32').fromShare(1)).toBe(8.2);
    expect(find('parameters', 'fp32').toShare(4.2)).toBe(0.5);
    expect(find('parameters', 'int8').fromShare(1)).toBe(2.2);
    expect(find('parameters', 'int8').toShare(1.2)).toBe(0.5);
  });

  it('never leaves what a recipe may hold', () => {
    for (const limit of ['macs', 'parameters'] as const)
      for (const unit of listBudgetUnits(limit, NETWORKS)) {
        for (const amount of [unit.min, unit.max, -1, 0, 1e9]) {
          const share = unit.toShare(amount);
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThanOrEqual(1);
        }
        for (const share of [0.2, 0.5, 1]) expect(unit.toShare(unit.fromShare(share))).toBeCloseTo(share, 2);
      }
  });
});
