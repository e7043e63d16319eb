import { expect, test } from 'vitest';
import { buildNetwork, countNetwork } from '../../../../electron/engine/model/index.ts';
import { planTraining } from '../../../../electron/engine/run/training/plan.ts';
import { countWorkload, stepMacs } from '../../../../electron/engine/run/training/workload.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { networkOf, STAGES } from '../../../../shared/run/stages.ts';

test('a teacher whose answers come again is asked in the first epochs of the first student only', () => {
  const [BATCH, PER_EPOCH, TEACHER] = [8, 5, 1e6];
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 32 });
  const count = (views: number | null) => {
    const recipe = recipeSchema.parse({
      train: { batch: BATCH, teacherEpochs: 1, warmUpEpochs: 2, pruneEpochs: 0, fineTuneEpochs: 1, baseline: true },
      prune: { macs: null },
      distill: { views },
    });
    const segments = planTraining({ recipe, batchesPerEpoch: PER_EPOCH });
    const images = { train: 40, validation: 0, test: 8 };
    const { segments: macs } = countWorkload(segments, {
      recipe,
      teacher: { macs: TEACHER },
      student,
      batch: BATCH,
      images,
    });
    return segments.map(({ stage, epoch }, i) => ({ line: STAGES[stage].line, epoch, macs: macs[i]! }));
  };
  const [always, once] = [count(null), count(2)];
  const own = 3 * BATCH * PER_EPOCH * countNetwork(student).macs;
  for (const [i, { line, epoch, macs }] of always.entries()) {
    const answered = line === 'baseline' || (line === 'student' && epoch >= 2);
    expect(macs - once[i]!.macs).toBe(answered ? BATCH * PER_EPOCH * TEACHER : 0);
    if (networkOf(line) === 'student') expect(macs).toBe(own + BATCH * PER_EPOCH * TEACHER);
  }
  expect(always.map(({ line }) => line)).toEqual(['teacher', 'student', 'student', 'student', 'baseline']);
});

test('a student without a teacher costs its own work alone, in training and on the test images', () => {
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 32 });
  const own = countNetwork(student).macs;
  const images = { train: 40, validation: 4, test: 8 };
  const count = (alone: boolean) => {
    const recipe = recipeSchema.parse({
      train: { batch: 8, teacherEpochs: 0, warmUpEpochs: 2, pruneEpochs: 0, fineTuneEpochs: 1, alone },
    });
    const segments = planTraining({ recipe, batchesPerEpoch: 5 });
    const work = countWorkload(segments, { recipe, teacher: { macs: 1e6 }, student, batch: 8, images });
    return { segments: work.segments, measure: work.measure.macs };
  };
  const [without, having] = [count(false), count(true)];
  expect(having.segments.slice(0, without.segments.length)).toEqual(without.segments);
  expect(having.segments.slice(without.segments.length)).toEqual(Array(3).fill(3 * 40 * own + 4 * own));
  expect(having.measure - without.measure).toBe(8 * own);
});

test('turned images are three more for the student, and for the teacher, who is asked about them every time', () => {
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 32 });
  const step = (weight: number, answered: boolean) => {
    const recipe = recipeSchema.parse({ distill: { sskd: { weight } } });
    const images = { train: 8, validation: 8, test: 8 };
    return stepMacs({ recipe, teacher: { macs: 7 }, student, batch: 8, images }, 'student', { answered });
  };
  const own = 3 * countNetwork(student).macs;
  expect([step(0, false), step(0, true)]).toEqual([own + 7, own]);
  expect([step(1, false), step(1, true)]).toEqual([4 * own + 4 * 7, 4 * own + 3 * 7]);
});

test('a search costs the parts that learn beside the student, and every network that it judges', () => {
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 32 });
  const own = countNetwork(student).macs;
  const images = { train: 40, validation: 8, test: 8 };
  const count = (networks: number, rounds: number) => {
    const recipe = recipeSchema.parse({
      train: { batch: 8, teacherEpochs: 0, warmUpEpochs: 1, fineTuneEpochs: 1, baseline: false },
      prune: { macs: 0.5 },
      search: { epochs: 1, networks, rounds, population: 10 },
    });
    const segments = planTraining({ recipe, batchesPerEpoch: 5 });
    const work = countWorkload(segments, { recipe, teacher: { macs: 0 }, student, batch: 8, images });
    return Object.fromEntries(segments.map(({ stage }, i) => [stage, work.segments[i]!]));
  };
  const [one, two, longer] = [count(1, 2), count(2, 2), count(1, 3)];
  // Four validation images judge epochs, of the whole student until one is chosen; four judge networks.
  expect(one['warm-up']).toBe(3 * 40 * own + 4 * own);
  expect(one['fine-tune']).toBe(0.5 * one['warm-up']!);
  expect(two.search! - one.search!).toBe(3 * 40 * 0.5 * own);
  expect(longer.search! - one.search!).toBe(10 * 0.5 * own * (40 + 4));
});

test('a bound other than on multiply-accumulates makes the student cheaper, too', () => {
  const student = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 32 });
  const images = { train: 40, validation: 4, test: 8 };
  const count = (prune: { macs: number | null; latencyMs?: number; latencyTable?: string }, cutMacs?: number) => {
    const recipe = recipeSchema.parse({
      train: { batch: 8, teacherEpochs: 0, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 2, baseline: false },
      prune: { steps: 1, ...prune },
    });
    const segments = planTraining({ recipe, batchesPerEpoch: 5 });
    return countWorkload(segments, { recipe, teacher: { macs: 1e6 }, student, cutMacs, batch: 8, images });
  };
  const bound = { macs: null, latencyMs: 1, latencyTable: 'this' };
  expect(count(bound, 0.5 * countNetwork(student).macs)).toEqual(count({ macs: 0.5 }));
  expect(count(bound)).toEqual(count({ macs: null }));
  expect(count(bound).segments.at(-1)).toBeGreaterThan(count({ macs: 0.5 }).segments.at(-1)!);
});
