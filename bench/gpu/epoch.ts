/**
 * Trains one epoch of the teacher and one of the student as a recipe says, and prints a line of JSON when an epoch is
 * finished; after the limit a line with how far the last one came.
 *
 *     node bench/gpu/epoch.ts --recipe FILE (--dataset PATH | --drawn IMAGES_A_CLASS) [--classes 10] [--backend webgpu]
 *       [--precision f32] [--limit SECONDS]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BackendName } from '../../electron/engine/compute/index.ts';
import { drawDataset } from '../../electron/engine/data/index.ts';
import { compress } from '../../electron/engine/index.ts';
import { checkRecipe } from '../../shared/run/check-recipe.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';

const { values } = parseArgs({
  options: {
    recipe: { type: 'string' },
    dataset: { type: 'string' },
    drawn: { type: 'string', default: '5000' },
    classes: { type: 'string', default: '10' },
    backend: { type: 'string', default: 'webgpu' },
    precision: { type: 'string', default: 'f32' },
    batch: { type: 'string' },
    limit: { type: 'string' },
  },
});
if (values.recipe === undefined) throw new Error('Name a recipe: --recipe FILE.');
const given: PartialRecipe = JSON.parse(await readFile(values.recipe, 'utf8'));
const { recipe, problems } = checkRecipe({
  ...given,
  train: {
    ...given.train,
    ...(values.batch !== undefined && { batch: Number(values.batch) }),
    ...{ teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
    precision: values.precision,
  },
  prune: { ...given.prune, macs: null },
  measure: { ...given.measure, latencyRuns: 10, ckaImages: 8 },
  export: { ...given.export, formats: [] },
});
if (problems) throw new Error(problems.join(' '));

const folder = await mkdtemp(join(tmpdir(), 'decant-epoch-'));
const signal =
  values.limit === undefined ? new AbortController().signal : AbortSignal.timeout(1000 * Number(values.limit));
let last: Extract<RunEvent, { type: 'run.progressed' }> | undefined;
const listener = (event: RunEvent) => {
  if (event.type === 'run.progressed') last = event;
  if (event.type !== 'epoch.finished') return;
  const { stage, imagesPerSecond, elapsedMs, loss, validationTop1 } = event.metrics;
  print({ stage, images_per_s: Math.round(imagesPerSecond), elapsed_ms: Math.round(elapsedMs), loss, validationTop1 });
};
try {
  const dataset = values.dataset ?? join(folder, 'drawn');
  if (values.dataset === undefined) {
    const perClass = Number(values.drawn);
    const size = recipe.data.inputSize;
    const pictures = {
      classes: Number(values.classes),
      trainPerClass: perClass,
      testPerClass: Math.ceil(perClass / 5),
    };
    await drawDataset(dataset, { ...pictures, size, seed: 1, signal });
  }
  // compress refuses a back end that it does not know.
  const backend = values.backend as BackendName;
  const run = { home: join(folder, 'home'), resume: null, out: null, threads: null };
  await compress({ ...run, dataset, recipe, backend, listener, signal });
} catch (error) {
  if (!signal.aborted) throw error;
  const where = last === undefined ? 'drawing pictures' : `${last.stage}, ${last.done} of ${last.total} ${last.unit}`;
  print({ stopped: `after ${values.limit} s, in ${where}` });
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
