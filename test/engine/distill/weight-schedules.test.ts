import { expect, test } from 'vitest';
import { WEIGHT_SCHEDULES } from '../../../electron/engine/distill/index.ts';

test('constant keeps both at full weight', () => {
  for (const epoch of [0, 5, 9])
    expect(WEIGHT_SCHEDULES.constant(epoch, 10)).toEqual({ crossEntropy: 1, distillation: 1 });
});

test('the linear ramp goes from the labels to the teacher over the first half', () => {
  const alphas = Array.from({ length: 11 }, (_, epoch) => WEIGHT_SCHEDULES['linear-ramp'](epoch, 10).distillation);
  expect(alphas).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1]);
  const { crossEntropy, distillation } = WEIGHT_SCHEDULES['linear-ramp'](1, 8);
  expect([crossEntropy, distillation]).toEqual([0.75, 0.25]);
});
