import { describe, expect, it } from 'vitest';
import { listClassRows, summarizeClasses } from '../../../../renderer/views/compare/classes.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';

const row = (name: string, images: number, teacherTop1: number | null, top1: number | null) => ({
  name,
  images,
  trainImages: null,
  teacherTop1,
  baselineTop1: null,
  top1,
});
const rows = listClassRows({
  ...createSampleReport(),
  perClass: [
    row('same', 20, 0.9, 0.9),
    row('without images', 0, null, null),
    row('gained', 20, 0.8, 0.85),
    row('lost', 20, 0.9, 0.85),
    row('lost much', 20, 1, 0.4),
  ],
});

describe('classes', () => {
  it('come by what was lost, the unknown last', () => {
    expect(rows.map(({ name }) => name)).toEqual(['lost much', 'lost', 'same', 'gained', 'without images']);
    expect(rows[0]).toMatchObject({ label: 4, change: -0.6 });
    expect(rows.at(-1)!.change).toBeNull();
  });

  it('say where few images can tell a loss from chance', () => {
    expect(rows.filter(({ beyondChance }) => beyondChance).map(({ name }) => name)).toEqual(['lost much']);
  });

  it('are summed up', () => {
    expect(summarizeClasses(rows)).toEqual({ lost: 2, gained: 1, same: 1 });
  });
});
