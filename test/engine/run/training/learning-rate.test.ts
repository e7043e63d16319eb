import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { CHOSEN_RATES, type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-learning-rate-');
const pictures = join(folder, 'pictures');
const out = join(folder, 'out');
const weights = join(out, 'teacher', 'weights.safetensors');

beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 16, testPerClass: 4, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The rates at the end of each epoch, by line, and what was noted. */
async function train(change: { teacher?: PartialRecipe['teacher']; optimizer?: object }, to: string | null = null) {
  const notes: string[] = [];
  const rates: Record<string, number[]> = {};
  await compress({
    home: join(folder, 'home'),
    dataset: pictures,
    recipe: recipeSchema.parse({
      ...TINY_RECIPE,
      teacher: { ...TINY_RECIPE.teacher, ...change.teacher },
      train: { ...TINY_RECIPE.train, optimizer: change.optimizer },
      export: { formats: [] },
    }),
    resume: null,
    out: to,
    backend: 'simd',
    threads: 1,
    listener: (event) => {
      if (event.type === 'note.added') notes.push(event.message);
      if (event.type !== 'epoch.finished') return;
      const { stage, learningRate } = event.metrics;
      rates[stage] = [...(rates[stage] ?? []), learningRate];
    },
    signal: new AbortController().signal,
  });
  return { teacher: rates.teacher!, student: rates['warm-up']!, notes }; // The stages of the tiny recipe.
}

it('is gentle for imported weights only, unless the recipe names one', async () => {
  const scratch = await train({}, out);
  expect(scratch.notes.join()).not.toContain('imported');
  expect(await train({ optimizer: { learningRate: 0.2 } })).toMatchObject({
    teacher: scratch.teacher,
    student: scratch.student,
  });

  const imported = await train({ teacher: { weights } });
  const gentler = CHOSEN_RATES.sgd.imported / CHOSEN_RATES.sgd.scratch;
  expect(imported.teacher).toEqual(scratch.teacher.map((rate) => expect.closeTo(gentler * rate, 12)));
  expect(imported.student).toEqual(scratch.student);
  expect(imported.notes.filter((note) => note.includes('imported'))).toEqual([
    `The teacher starts from imported weights, so its learning rate is at most ${CHOSEN_RATES.sgd.imported} for a batch of 128; train.optimizer.learningRate sets another.`,
  ]);

  const named = await train({ teacher: { weights }, optimizer: { learningRate: 0.2 } });
  expect(named.teacher).toEqual(scratch.teacher);
  expect(named.notes.join()).not.toContain('imported');
}, 60_000);
