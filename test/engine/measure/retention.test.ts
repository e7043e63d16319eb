import { expect, test } from 'vitest';
import { retention } from '../../../electron/engine/measure/index.ts';

test('retention is the ratio of top-1, uncapped, and says nothing of a reference that is never right', () => {
  expect(retention({ top1: 0.9 }, { top1: 0.75 })).toBeCloseTo(1.2, 12);
  expect(retention({ top1: 0.9 }, { top1: 0 })).toBeNull();
});
