/**
 * Trains a teacher on one dataset from scratch and from weights learned on another, and says which is better:
 *
 *     node bench/transfer.ts ../shared/data/cifar10.zip ../shared/data/flowers12.zip [--images 10000] [--first-epochs 6]
 *         [--epochs 20] [--seeds 2] [--size 64] [--architecture mobilenet-v3-large] [--home DIR] [--json]
 *
 * The first dataset is what is learned before, from `--images` of its images. Both teachers see the same images in the same
 * order for as many epochs; accuracy is of the test split, which no choice was made on. The exit status is 1 where the one that
 * knew something is not the better one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compress } from '../electron/engine/index.ts';
import { checkRecipe } from '../shared/run/check-recipe.ts';
import type { PartialRecipe } from '../shared/run/recipe.ts';
import type { Report } from '../shared/run/report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '10000' },
    'first-epochs': { type: 'string', default: '6' },
    epochs: { type: 'string', default: '20' },
    seeds: { type: 'string', default: '2' },
    size: { type: 'string', default: '64' },
    architecture: { type: 'string', default: 'mobilenet-v3-large' },
    home: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [first, second] = positionals;
if (first === undefined || second === undefined)
  throw new Error('Name two datasets: node bench/transfer.ts <learned before> <learned then>');

const home = values.home ?? (await mkdtemp(join(tmpdir(), 'decant-transfer-')));
if (values.home === undefined) process.once('exit', () => void rm(home, { recursive: true, force: true }));

interface Row {
  readonly seed: number;
  readonly scratch: number;
  readonly transferred: number;
}

try {
  const before = await trainTeacher(first, {
    epochs: Number(values['first-epochs']),
    seed: 1,
    limit: Number(values.images),
    batch: 128,
  });
  process.stderr.write(`${first}: ${percent(before.teacher.top1!)} top-1\n`);
  const rows: Row[] = [];
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const common = { epochs: Number(values.epochs), seed, limit: null, batch: 32 };
    const scratch = await trainTeacher(second, common);
    const transferred = await trainTeacher(second, { ...common, weights: `run:${before.run}` });
    rows.push({ seed, scratch: scratch.teacher.top1!, transferred: transferred.teacher.top1! });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }
  const mean = (of: 'scratch' | 'transferred') => rows.reduce((sum, row) => sum + row[of], 0) / rows.length;
  const gain = mean('transferred') - mean('scratch');
  const result = {
    options: values,
    before: before.teacher.top1,
    rows,
    scratch: mean('scratch'),
    transferred: mean('transferred'),
    gain,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(result)}\n`
      : [
          `${second}, ${values.epochs} epochs, mean of ${rows.length} seeds:`,
          `  from scratch            ${percent(mean('scratch'))} top-1`,
          `  learned before          ${percent(mean('transferred'))} top-1`,
          `  gain                    ${(100 * gain).toFixed(1)} points`,
          '',
        ].join('\n'),
  );
  process.exitCode = gain > 0 ? 0 : 1;
} finally {
  if (values.home === undefined) await rm(home, { recursive: true, force: true });
}
process.exit();

/** A run of which only the teacher is looked at; its student is as small as can be. */
function trainTeacher(
  dataset: string,
  options: { epochs: number; seed: number; limit: number | null; batch: number; weights?: string },
): Promise<Report> {
  const { epochs, seed, limit, batch, weights = null } = options;
  const partial: PartialRecipe = {
    seed,
    data: { inputSize: Number(values.size), limit },
    // One stride for both, so that filters meet what they were made for.
    teacher: { architecture: values.architecture as 'mobilenet-v3-large', stemStride: 2, weights }, // Checked below.
    student: { width: 0.1, stemStride: 2 },
    train: { batch, teacherEpochs: epochs, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
    prune: { macs: null },
    measure: { latencyRuns: 10, ckaImages: 8 },
    export: { formats: [] },
  };
  const { recipe, problems } = checkRecipe(partial);
  if (problems) throw new Error(problems.join(' '));
  return compress({
    home,
    dataset,
    recipe,
    resume: null,
    out: null,
    backend: 'auto',
    threads: null,
    listener: () => undefined,
    signal: new AbortController().signal,
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}
