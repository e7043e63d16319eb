import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { readGradientFixture } from './torch-gradients.ts';
import { checkStep, STEPS, takeStepWith } from './torch-step.ts';

describe('a whole step gives the losses and gradients of PyTorch', () => {
  describe.each(['simd', 'cpu'] as const)('on %s', (backend) => {
    beforeAll(async () => {
      await startCompute({ backend });
    });
    afterAll(stopCompute);

    // The plain JavaScript back end takes seconds for each: the one with everything in it is enough there.
    const steps = backend === 'cpu' ? STEPS.slice(2) : STEPS;
    it.each(steps)('%s, odd sizes', { timeout: 60_000 }, (what) => checkStep(readGradientFixture('odd'), what));

    if (backend === 'simd')
      describe.each([
        ['one image', 'single'],
        ['maps of one pixel', 'pixel'],
      ] as const)('%s', (_, size) => {
        it.each(STEPS)('%s', { timeout: 60_000 }, (what) => checkStep(readGradientFixture(size), what));
      });
  });
});

it('a whole step on simd has the same bits with 1 and 3 threads', async () => {
  const alone = await takeStepWith(1, 'distillation');
  expect(await takeStepWith(3, 'distillation')).toEqual(alone);
});
