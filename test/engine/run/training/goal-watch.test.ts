import { describe, expect, it } from 'vitest';
import { type GoalWatch, NOT_WATCHED, watchGoal } from '../../../../electron/engine/run/training/goal-watch.ts';

/** Validation accuracies of epochs, each with whether the student had been cut by then; 400 images, a goal of 80 %. */
function follow(epochs: readonly (readonly [top1: number, isCut: boolean])[]): GoalWatch {
  return epochs.reduce(
    (watch, [top1, isCut]) => watchGoal(watch, { top1, least: 0.8, images: 400, isCut }),
    NOT_WATCHED,
  );
}

describe('watchGoal', () => {
  it('finds nothing lost that was never reached', () => {
    expect(
      follow([
        [0.2, false],
        [0.5, true],
        [0.6, true],
      ]),
    ).toEqual({ met: false, lost: false });
  });

  it('finds the goal lost once cuts have cost it, and found again once it is back', () => {
    expect(
      follow([
        [0.85, false],
        [0.75, true],
      ]),
    ).toEqual({ met: true, lost: true });
    expect(
      follow([
        [0.85, false],
        [0.75, true],
        [0.8, true],
      ]),
    ).toEqual({ met: true, lost: false });
  });

  it('blames no cut that was not made, and no cut for less than a standard error (2 points)', () => {
    expect(
      follow([
        [0.85, false],
        [0.7, false],
      ]).lost,
    ).toBe(false);
    expect(
      follow([
        [0.85, false],
        [0.781, true],
      ]).lost,
    ).toBe(false);
    expect(
      follow([
        [0.85, false],
        [0.779, true],
      ]).lost,
    ).toBe(true);
  });
});
