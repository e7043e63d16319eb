import { expect, it } from 'vitest';
import { cutSchema } from '../../../shared/run/report.ts';
import { arrangeSensitivity, listMeasuredCuts } from '../../../shared/run/sensitivity.ts';
import { createMeasuredCut } from '../../helpers/measured-cut.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

it('arranges what each layer loses by the share of its channels, and names the most sensitive one', () => {
  const { sensitivity } = createMeasuredCut();
  const map = arrangeSensitivity(sensitivity!)!;
  expect(map.layers).toEqual(['stem', 'block1/expand', 'narrow']);
  expect(map.top1).toBe(0.9);
  expect(map.shares).toEqual([0.125, 0.25, 0.5, 0.75]);
  const rounded = map.drops.map((line) => line.map((drop) => drop && Number(drop.toFixed(3))));
  // Three channels cannot lose an eighth of themselves; without one or two they are near no other share.
  expect(rounded).toEqual([
    [0.1, 0, null],
    [0.2, -0.01, null],
    [0.4, 0, null],
    [0.8, 0.05, null],
  ]);
  expect(map.most).toMatchObject({ layer: 'stem', share: 0.75 });
  expect(map.most!.drop).toBeCloseTo(0.8, 9);
});

it('has nothing to show where nothing was measured', () => {
  expect(arrangeSensitivity([])).toBeNull();
  const { cuts } = createSampleReport();
  expect(listMeasuredCuts(cuts)).toEqual([]);
  const measured = createMeasuredCut();
  expect(cutSchema.parse(measured)).toEqual(measured);
  expect(listMeasuredCuts([...cuts, measured, { ...measured, sensitivity: [] }])).toEqual([measured]);
});

it('names no layer where none costs anything', () => {
  const points = [
    { removed: 0, top1: 0.5 },
    { removed: 6, top1: 0.5 },
  ];
  expect(arrangeSensitivity([{ layer: 'a', channels: 8, points }])).toMatchObject({ most: null, top1: 0.5 });
});
