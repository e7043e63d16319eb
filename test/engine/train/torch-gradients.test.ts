import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { readGradientFixture } from './torch-gradients.ts';
import { checkStep, takeStep, type What } from './torch-step.ts';

const STEPS = ['mobilenet-v2', 'mobilenet-v3-large', 'distillation'] as const;

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
        ['published sizes', 'full'],
      ] as const)('%s', (_, size) => {
        it.each(STEPS)('%s', { timeout: 60_000 }, (what) => checkStep(readGradientFixture(size), what));
      });
  });
});

describe('a whole step on simd has the same bits', () => {
  const train = async (what: What, threads: number) => {
    await startCompute({ backend: 'simd', threads });
    const { losses, gradients, weights } = await takeStep(readGradientFixture('odd'), what);
    await stopCompute();
    return { losses, gradients, weights };
  };

  it.each(['mobilenet-v3-large', 'distillation'] as const)(
    'with 1, 2, 3 and 4 threads: %s',
    { timeout: 180_000 },
    async (what) => {
      const alone = await train(what, 1);
      for (const threads of [2, 3, 4]) expect(await train(what, threads)).toEqual(alone);
    },
  );
});
