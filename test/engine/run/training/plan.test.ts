import { describe, expect, it } from 'vitest';
import { resolveStemStride } from '../../../../electron/engine/model/stem-stride.ts';
import { nextSegment, planTraining, shortenPlan } from '../../../../electron/engine/run/training/plan.ts';
import type { Segment } from '../../../../electron/engine/run/training/segment.ts';
import { type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';

function plan(batchesPerEpoch: number, parts: PartialRecipe): Segment[] {
  return planTraining({ recipe: recipeSchema.parse(parts), batchesPerEpoch });
}

describe('planTraining', () => {
  it('covers every batch of every epoch once, in order', () => {
    const segments = plan(937, { train: { teacherEpochs: 2, warmUpEpochs: 1, pruneEpochs: 2, fineTuneEpochs: 1 } });
    for (const line of [['teacher'], ['warm-up', 'prune', 'fine-tune'], ['baseline']]) {
      let expected = line[0] === 'baseline' ? 937 : 0;
      for (const segment of segments.filter(({ stage }) => line.includes(stage))) {
        expect(segment.epoch * 937 + segment.firstBatch).toBe(expected);
        expect(segment.endBatch).toBeGreaterThan(segment.firstBatch);
        expect(segment.endBatch - segment.firstBatch).toBeLessThanOrEqual(400);
        expected = segment.epoch * 937 + segment.endBatch;
        expect(segment.endsEpoch).toBe(segment.endBatch === 937);
      }
      expect(expected).toBe((line[0] === 'teacher' ? 2 : 4) * 937);
    }
  });

  it('spreads the cuts over the pruning epochs, the first where warm-up ends', () => {
    const segments = plan(100, {
      train: { teacherEpochs: 0, warmUpEpochs: 2, pruneEpochs: 3, fineTuneEpochs: 1, baseline: false },
      prune: { steps: 4 },
    });
    const cuts = segments.filter(({ cut }) => cut !== null).map((s) => [s.cut, s.epoch * 100 + s.endBatch]);
    expect(cuts).toEqual([
      [1, 200],
      [2, 275],
      [3, 350],
      [4, 425],
    ]);
  });

  it('never cuts the teacher or the baseline, and cuts nothing without a budget', () => {
    const segments = plan(10, { train: { warmUpEpochs: 1, pruneEpochs: 1 } });
    expect(segments.filter(({ stage, cut }) => cut !== null && (stage === 'teacher' || stage === 'baseline'))).toEqual(
      [],
    );
    expect(plan(10, { prune: { macs: null } }).every(({ cut }) => cut === null)).toBe(true);
  });

  it('orders channels where a search begins and leaves what it finds where it ends, without the epochs of cuts', () => {
    const segments = plan(100, {
      train: { teacherEpochs: 0, warmUpEpochs: 2, pruneEpochs: 3, fineTuneEpochs: 1 },
      search: { epochs: 2 },
    });
    expect(segments.map(({ stage, epoch, endBatch, cut }) => [stage, epoch, endBatch, cut])).toEqual([
      ['warm-up', 0, 100, null],
      ['warm-up', 1, 100, 1],
      ['search', 2, 100, null],
      ['search', 3, 100, 2],
      ['fine-tune', 4, 100, null],
      ['baseline', 2, 100, null],
      ['baseline', 3, 100, null],
      ['baseline', 4, 100, null],
    ]);
    const cold = plan(10, {
      train: { teacherEpochs: 0, warmUpEpochs: 0, fineTuneEpochs: 0, baseline: false },
      search: { epochs: 1 },
    });
    expect(cold.map(({ firstBatch, endBatch, cut }) => [firstBatch, endBatch, cut])).toEqual([
      [0, 1, 1],
      [1, 10, 2],
    ]);
  });

  it('reaches the last cut even when cuts outnumber batches or there is no warm-up', () => {
    const crowded = plan(2, { train: { warmUpEpochs: 1, pruneEpochs: 1 }, prune: { steps: 50 } });
    expect(Math.max(...crowded.map(({ cut }) => cut ?? 0))).toBe(50);
    const cold = plan(5, { train: { warmUpEpochs: 0, pruneEpochs: 0, fineTuneEpochs: 2 }, prune: { steps: 3 } });
    expect(cold.filter(({ cut }) => cut !== null).map(({ cut, endBatch }) => [cut, endBatch])).toEqual([[3, 1]]);
  });
});

describe('nextSegment', () => {
  const facts = {
    recipe: recipeSchema.parse({ train: { teacherEpochs: 0, warmUpEpochs: 1, pruneEpochs: 4 }, prune: { steps: 4 } }),
    batchesPerEpoch: 100,
  };
  const find = (epoch: number) => planTraining(facts).find((segment) => segment.epoch === epoch)!;
  const impatient = { metrics: null, cut: null, outOfPatience: true };

  it('makes up for cuts that a line would end without', () => {
    const last = nextSegment(facts, find(2), impatient);
    expect(last).toMatchObject({ stage: 'prune', epoch: 3, firstBatch: 0, endBatch: 20, endsEpoch: true, cut: 4 });
    expect(nextSegment(facts, last, impatient)).toMatchObject({ stage: 'baseline', cut: null });
  });

  it('lets a line end at once that has made all its cuts', () => {
    expect(find(4)).toMatchObject({ stage: 'prune', cut: null });
    expect(nextSegment(facts, find(4), impatient)).toMatchObject({ stage: 'baseline', epoch: 1 });
  });
});

describe('resolveStemStride', () => {
  it('keeps small images whole and halves large ones unless told', () => {
    expect([resolveStemStride(null, 32), resolveStemStride(null, 64), resolveStemStride(null, 96)]).toEqual([1, 1, 2]);
    expect(resolveStemStride(2, 32)).toBe(2);
  });
});

describe('a plan that is shortened', () => {
  const recipe = recipeSchema.parse({
    train: { teacherEpochs: 2, warmUpEpochs: 2, pruneEpochs: 2, fineTuneEpochs: 2 },
    prune: { steps: 4 },
  });
  const segments = planTraining({ recipe, batchesPerEpoch: 100 });
  const at = (stage: string, epoch: number, batch: number) => ({
    segment: segments.findIndex(
      (segment) => segment.stage === stage && segment.epoch === epoch && segment.endBatch > batch,
    ),
    batch,
  });
  const rest = (place: ReturnType<typeof at>) => {
    const short = shortenPlan(segments, place, 100);
    expect(short.slice(0, place.segment)).toEqual(segments.slice(0, place.segment));
    return short.slice(place.segment).map(({ endBatch, endsEpoch, cut }) => ({ endBatch, endsEpoch, cut }));
  };

  it('makes the cuts that are left as one, after a few more batches to score channels by', () => {
    expect(rest(at('warm-up', 0, 30))).toEqual([{ endBatch: 50, endsEpoch: true, cut: 4 }]);
    expect(rest(at('warm-up', 0, 95))).toEqual([{ endBatch: 100, endsEpoch: true, cut: 4 }]);
    expect(rest(at('prune', 2, 60))).toEqual([{ endBatch: 80, endsEpoch: true, cut: 4 }]);
  });

  it('ends at once where all cuts are made', () => {
    expect(rest(at('fine-tune', 4, 30))).toEqual([{ endBatch: 30, endsEpoch: true, cut: null }]);
    expect(rest(at('fine-tune', 5, 0))).toEqual([{ endBatch: 0, endsEpoch: false, cut: null }]);
  });

  it('leaves a baseline out that is not complete', () => {
    expect(rest(at('baseline', 3, 30))).toEqual([]);
  });

  it('trains a student at least a little', () => {
    const uncut = planTraining({ recipe: { ...recipe, prune: { ...recipe.prune, macs: null } }, batchesPerEpoch: 100 });
    const place = { segment: uncut.findIndex(({ stage }) => stage === 'warm-up'), batch: 0 };
    expect(shortenPlan(uncut, place, 100).at(-1)).toMatchObject({ stage: 'warm-up', endBatch: 20, endsEpoch: true });
  });
});
