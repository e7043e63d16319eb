import { expect, it } from 'vitest';
import { followHardest, HARDEST_LISTED } from '../../../shared/run/hardest-images.ts';
import type { HardImage } from '../../../shared/run/report.ts';

const found = (image: number, loss: number, weight: number): HardImage => ({ image, loss, weight });

it('follows the images of the student’s last epoch through the epochs before', () => {
  expect(
    followHardest([
      { stage: 'teacher', epoch: 5, hardest: [] },
      { stage: 'warm-up', epoch: 0, hardest: [found(7, 5, 0.9), found(8, 4, 0.8)] },
      { stage: 'fine-tune', epoch: 2, hardest: [found(9, 3, 0.3), found(7, 2, 0.5)] },
      { stage: 'prune', epoch: 1, hardest: [found(7, 4, 0.7)] },
      { stage: 'baseline', epoch: 3, hardest: [found(1, 9, 1)] },
    ]),
  ).toEqual([
    { image: 9, loss: 3, weights: [{ epoch: 2, weight: 0.3 }] },
    {
      image: 7,
      loss: 2,
      weights: [
        { epoch: 0, weight: 0.9 },
        { epoch: 1, weight: 0.7 },
        { epoch: 2, weight: 0.5 },
      ],
    },
  ]);
});

it('leaves out images that are only followed, and finds none where nobody teaches', () => {
  const hardest = Array.from({ length: HARDEST_LISTED + 5 }, (_, i) => found(i, 100 - i, 1));
  expect(followHardest([{ stage: 'warm-up', epoch: 0, hardest }])).toHaveLength(HARDEST_LISTED);
  expect(followHardest([{ stage: 'warm-up', epoch: 0, hardest: [] }])).toEqual([]);
});
