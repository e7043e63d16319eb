import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-shared-');
const dataset = join(folder, 'pictures');
const [teacher, warm, cold] = ['teacher', 'warm', 'cold'].map((name) => join(folder, name)) as [string, string, string];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STUDENT = {
  ...TINY_RECIPE,
  teacher: { ...TINY_RECIPE.teacher, weights: join(teacher, 'teacher', 'weights.safetensors') },
  train: { ...TINY_RECIPE.train, teacherEpochs: 0, warmUpEpochs: 2, pruneEpochs: 2, baseline: true },
  distill: { views: 2 },
} satisfies PartialRecipe;

function run(
  home: string,
  recipe: PartialRecipe | null,
  { resume = null, out = null, signal = new AbortController().signal, listener = () => undefined }: Others = {},
): Promise<Report> {
  return compress({
    home,
    dataset: recipe && dataset,
    recipe: recipe && recipeSchema.parse(recipe),
    resume,
    out,
    backend: 'simd',
    threads: 1,
    listener,
    signal,
  });
}

interface Others {
  resume?: string | null;
  out?: string | null;
  signal?: AbortSignal;
  listener?: (event: RunEvent) => void;
}

/** What a run has learnt, to the last bit. */
const learntIn = ({ exports, history }: Report) => ({
  file: exports[0]!.sha256,
  losses: history.map(({ loss }) => loss),
});
const cachesOf = (home: string) => readdirSync(join(home, 'cache')).filter((name) => name.endsWith('.pixels'));

let expected: ReturnType<typeof learntIn>;
const notes: string[] = [];

beforeAll(async () => {
  await drawDataset(dataset, { classes: 3, trainPerClass: 12, testPerClass: 4, size: 16, seed: 1 });
  const train = { ...TINY_RECIPE.train, teacherEpochs: 1 };
  await run(join(folder, 'first'), { ...TINY_RECIPE, train, prune: { macs: null } }, { out: teacher });
  const listener = (event: RunEvent) => {
    if (event.type === 'note.added') notes.push(event.message);
  };
  expected = learntIn(await run(cold, { ...STUDENT, seed: 2 }, { listener }));
}, 60_000);

it('the log says what answers take', () => {
  expect(notes).toEqual([
    expect.stringMatching(
      /^The teacher answers each view of an image once. Its answers for one view of 48 images take [\d.]+\skB of the cache[.]$/,
    ),
  ]);
});

it('runs of other seeds share answers, and learn from them what they would have learnt from the teacher, bit by bit', async () => {
  const first = await run(warm, { ...STUDENT, seed: 1 });
  expect(learntIn(first).file).not.toBe(expected.file);
  const before = cachesOf(warm);
  expect(before).toHaveLength(1 + 2); // Decoded images, and two views.
  expect(learntIn(await run(warm, { ...STUDENT, seed: 2 }))).toEqual(expected);
  expect(cachesOf(warm)).toEqual(before);
  // Without views the teacher is asked as ever, and nothing is kept.
  const never = await run(warm, { ...STUDENT, seed: 2, distill: {} });
  expect(learntIn(never).file).not.toBe(expected.file);
  expect(cachesOf(warm)).toEqual(before);
});

it('a run that was stopped and resumed ends with the same bits', async () => {
  const stop = new AbortController();
  let id = '';
  const listener = (event: RunEvent) => {
    if (event.type === 'run.started') id = event.run;
    if (event.type === 'run.progressed' && event.stage === 'prune' && event.done >= 0.4 * event.total) stop.abort();
  };
  const home = join(folder, 'stopped');
  await expect(run(home, { ...STUDENT, seed: 2 }, { signal: stop.signal, listener })).rejects.toMatchObject({
    code: 'run.stopped',
  });
  expect(learntIn(await run(home, null, { resume: id }))).toEqual(expected);
});
