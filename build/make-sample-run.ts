/**
 * Makes the finished run that comes with Decant, in `samples/finished-run`, which takes some minutes:
 *
 *     npm run sample-run
 *
 * It is to be made again when the pictures that Decant draws have changed, or when reports tell more. Its networks are small,
 * for they are part of the repository.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compress, openRunBook } from '../electron/engine/index.ts';
import { drawSample } from '../electron/engine/run/begin/sample-dataset.ts';
import { SAMPLE_RUNS } from '../electron/engine/run/workbench/library/sample-run.ts';
import { encodeRunRecord } from '../electron/engine/store/index.ts';
import { type PartialRecipe, recipeSchema } from '../shared/run/recipe.ts';
import type { RunRecordFile } from '../shared/stored/run-record-form.ts';
import { formatShare } from '../shared/text/format.ts';

const RECIPE: PartialRecipe = {
  data: { inputSize: 32 },
  teacher: { architecture: 'mobilenet-v3-small', width: 0.5 },
  student: { width: 0.35 },
  train: { batch: 32, teacherEpochs: 48, warmUpEpochs: 16, pruneEpochs: 8, fineTuneEpochs: 40 },
  measure: { ckaImages: 256 },
};
/** What only a run that is not finished needs. */
const UNFINISHED = /^(checkpoint-|warm-up|lock)/;

const home = await mkdtemp(join(tmpdir(), 'decant-sample-run-'));
try {
  const { signal } = new AbortController();
  const dataset = await drawSample(home, { listener: () => undefined, signal });
  const { run } = await compress({
    home,
    dataset,
    recipe: recipeSchema.parse(RECIPE),
    resume: null,
    out: null,
    backend: 'auto',
    threads: null,
    signal,
    listener(event) {
      if (event.type !== 'epoch.finished') return;
      const { stage, epoch, validationTop1 } = event.metrics;
      process.stderr.write(`${stage} ${epoch + 1}: validation ${formatShare(validationTop1)}\n`);
    },
  });
  const book = await openRunBook(home);
  book.annotate(run, {
    name: 'Sample: drawn pictures',
    note: 'This run came with Decant, to look around in. Its networks are small.',
    tags: ['sample'],
  });
  book.close();
  const from = join(home, 'runs', run);
  const to = join(SAMPLE_RUNS, run);
  await rm(SAMPLE_RUNS, { recursive: true, force: true });
  await cp(from, to, { recursive: true, filter: (path) => !UNFINISHED.test(basename(path)) });
  const record = JSON.parse(await readFile(join(to, 'run.json'), 'utf8')) as RunRecordFile; // Just written.
  const artifacts = record.run.artifacts.filter(({ path }) => !UNFINISHED.test(path));
  const body = { ...record.run, artifacts, dataset: { ...record.run.dataset, path: '' } };
  await writeFile(join(to, 'run.json'), encodeRunRecord({ revision: record.revision, body }));
} finally {
  await rm(home, { recursive: true, force: true });
}
