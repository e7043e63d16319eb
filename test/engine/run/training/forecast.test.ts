import { expect, it } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';
import { Forecast } from '../../../../electron/engine/run/training/forecast.ts';
import { planTraining } from '../../../../electron/engine/run/training/plan.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

const recipe = recipeSchema.parse({
  train: { batch: 10, teacherEpochs: 4, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 2, baseline: false },
});
const PER_EPOCH = 20;

/** A run whose steps take 500 ms each, whatever they train, walked to its end; what it foretold, and when. */
function walk() {
  let nowMs = 0;
  const control = new RunControl({ now: () => nowMs, elapsedMs: () => nowMs });
  const told: { atMs: number; event: Extract<RunEvent, { type: 'run.forecast' }> }[] = [];
  const context = {
    recipe,
    clock: control.clock,
    random: new Random('forecast'),
    listener: (event: RunEvent) => {
      if (event.type === 'run.forecast') told.push({ atMs: nowMs, event });
    },
  };
  const indices = (length: number) => new Int32Array(length);
  const splits = { train: indices(10 * PER_EPOCH), validation: indices(20), test: indices(20), unlabelled: indices(0) };
  const data = { classes: ['a', 'b', 'c'], splits };
  const forecast = new Forecast(context, data);
  const segments = planTraining({ recipe, batchesPerEpoch: PER_EPOCH });
  forecast.plan(segments);
  for (const [segment, { firstBatch, endBatch }] of segments.entries())
    for (let batch = firstBatch + 1; batch <= endBatch; batch++) {
      nowMs += 500;
      forecast.reach({ segment, batch });
    }
  const trainedAtMs = nowMs;
  forecast.begin('measure');
  forecast.begin('export');
  return { told, trainedAtMs, tailMs: told.at(-2)!.event.remainingMs! };
}

it('says nothing of the time left before it has measured, then what comes true, and counts progress up', () => {
  const { told, trainedAtMs, tailMs } = walk();
  expect(told[0]).toMatchObject({ event: { remainingMs: null } });
  const known = told.filter(({ event }) => event.remainingMs !== null);
  expect(known[0]!.atMs).toBeGreaterThanOrEqual(3000);
  expect(known[0]!.atMs).toBeLessThan(10_000);
  // While the student trains, its own speed is known.
  const late = known.filter(({ atMs }) => atMs > 0.7 * trainedAtMs && atMs < 0.95 * trainedAtMs);
  expect(late.length).toBeGreaterThan(5);
  for (const { atMs, event } of late) {
    const truth = trainedAtMs - atMs + tailMs;
    expect(event.remainingMs! / truth).toBeGreaterThan(0.6);
    expect(event.remainingMs! / truth).toBeLessThan(1.6);
  }
  const progress = told.map(({ event }) => event.progress);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBeLessThanOrEqual(1);
  expect(progress[0]).toBeGreaterThan(0);
});
