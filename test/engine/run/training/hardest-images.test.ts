import { expect, it } from 'vitest';
import { findHardest, listHardest } from '../../../../electron/engine/run/training/hardest-images.ts';

const scores = (losses: readonly (readonly [image: number, loss: number])[]) => ({
  images: Int32Array.from(losses, ([image]) => image),
  losses: Float32Array.from(losses, ([, loss]) => loss),
  weights: Float32Array.from(losses, ([image]) => image / 100),
});
const many = Array.from({ length: 50 }, (_, i) => [i, i] as const);

it('lists the twenty images with the largest losses, the largest first', () => {
  const hardest = findHardest([], scores(many), new Set());
  expect(hardest).toHaveLength(20);
  expect(hardest[0]).toEqual({ image: 49, loss: 49, weight: expect.closeTo(0.49) });
  expect(hardest.at(-1)!.image).toBe(30);
});

it('comes to the same in one go and in parts, in any order', () => {
  const whole = findHardest([], scores(many), new Set([3]));
  const first = findHardest([], scores(many.slice(25)), new Set([3]));
  expect(findHardest(first, scores(many.slice(0, 25)), new Set([3]))).toEqual(whole);
});

it('follows the images that are watched, after those that it lists', () => {
  const hardest = findHardest([], scores(many), new Set([3, 45]));
  expect(hardest).toHaveLength(21);
  expect(hardest.at(-1)).toMatchObject({ image: 3, loss: 3 });
  expect(listHardest(hardest)).toHaveLength(20);
  expect(listHardest(hardest)).not.toContainEqual(expect.objectContaining({ image: 3 }));
});

it('counts an image that was seen more than once with its largest loss', () => {
  const hardest = findHardest(
    [{ image: 7, loss: 2, weight: 1 }],
    scores([
      [7, 5],
      [7, 3],
      [8, 4],
    ]),
    new Set(),
  );
  expect(hardest.map(({ image, loss }) => [image, loss])).toEqual([
    [7, 5],
    [8, 4],
  ]);
});
