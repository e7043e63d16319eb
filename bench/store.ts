/**
 * Fills a store with runs and rows of metrics and times every query that a screen makes: prints a table on stderr and JSON on
 * stdout; exit status 1 when one takes longer than its limit.
 *
 *     node bench/store.ts [--runs 10000] [--rows 1000000] [--limit-ms 50] [--repeats 9]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRunId, type RunId } from '../electron/engine/core/ids.ts';
import { Random } from '../electron/engine/core/random.ts';
import * as store from '../electron/engine/store/index.ts';
import { recipeSchema } from '../shared/run/recipe.ts';
import { formatTable } from '../shared/text/table.ts';
import { createSampleReport } from '../test/helpers/sample-report.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '1000000' },
    'limit-ms': { type: 'string', default: '50' },
    repeats: { type: 'string', default: '9' },
  },
});
const [runs, rows, limitMs, repeats] = [values.runs, values.rows, values['limit-ms'], values.repeats].map(Number) as [
  number,
  number,
  number,
  number,
];
const home = mkdtempSync(join(tmpdir(), 'decant-bench-store-'));
const random = new Random(1);
const DATASETS = 20;
const EPOCHS = 20;

/** Runs of some epochs each; the newest have as many points of curves as are kept. */
function fill({ db }: store.Store): RunId[] {
  const report = createSampleReport();
  const recipe = recipeSchema.parse({});
  const ids: RunId[] = [];
  const perRun = Math.min(store.KEPT_POINTS, rows);
  const withPoints = Math.max(1, Math.floor((rows - runs * EPOCHS) / perRun));
  db.transaction(() => {
    const datasets = Array.from({ length: DATASETS }, (_, i) =>
      store.saveDataset(db, { name: `set ${i}`, path: `/${i}`, fingerprint: 'f', classes: ['a', 'b'], images: 9 }, i),
    );
    for (let i = 0; i < runs; i++) {
      const id = createRunId(1_700_000_000_000 + i, () => random.next());
      ids.push(id);
      store.insertRun(db, { id, dataset: datasets[i % DATASETS]!, recipe, name: `run ${i} of ${random.next()}` }, i);
      store.annotateRun(db, id, { tags: [`tag ${i % 7}`, `tag ${i % 30}`] });
      store.startStage(db, id, 'teacher', i);
      for (let epoch = 0; epoch < EPOCHS; epoch++) store.saveEpoch(db, id, { ...report.history[0]!, epoch });
      if (i % 10 > 0) store.finishRun(db, id, varied(report), i);
      else store.markEnded(db, id, { state: 'stopped' }, i);
    }
    for (const id of ids.slice(-withPoints))
      for (let step = 0; step < perRun; step += 1000)
        store.saveStepPoints(
          db,
          id,
          Array.from({ length: Math.min(1000, perRun - step) }, (_, i) => ({
            network: 'student',
            point: {
              stage: 'warm-up' as const,
              step: step + i,
              epoch: 1,
              loss: random.next(),
              terms: { crossEntropy: random.next(), logits: random.next() },
              learningRate: 0.1,
              factors: {},
              macs: 1e6,
              imagesPerSecond: 800,
            },
          })),
        );
  })();
  return ids;
}

function varied(report: ReturnType<typeof createSampleReport>): typeof report {
  const change = 0.5 + random.next() / 2;
  return { ...report, student: { ...report.student, top1: change, macs: Math.round(report.student.macs * change) } };
}

const opened = store.openStore(home);
process.stderr.write(`Filling ${home} …\n`);
const ids = fill(opened);
const { db } = opened;
db.pragma('wal_checkpoint(TRUNCATE)');
db.exec('ANALYZE');
const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
const [last, middle] = [ids.at(-1)!, ids[ids.length >> 1]!];
const { dataset } = store.findRun(db, last);
const live = { running: [last], paused: [] };
const none = { words: [], states: [], tags: [], dataset: null };
const page = { sort: 'createdAt', descending: true, offset: 0, limit: 100 } as const;
const list = (filter: Partial<store.RowFilter>, order: Partial<store.RowOrder> = {}) =>
  store.selectRunRows(db, live, { ...none, ...filter }, { ...page, ...order });

const QUERIES: Record<string, () => unknown> = {
  'runs, newest first': () => list({}),
  'runs, last page': () => list({}, { offset: runs - 100 }),
  'runs by name': () => list({}, { sort: 'name', descending: false }),
  'runs by dataset': () => list({}, { sort: 'datasetName' }),
  'runs by state': () => list({}, { sort: 'state' }),
  'runs by accuracy': () => list({}, { sort: 'studentTop1' }),
  'runs by reduction': () => list({}, { sort: 'flopsReduction' }),
  'runs by MACs': () => list({}, { sort: 'macs' }),
  'runs by time': () => list({}, { sort: 'elapsedMs' }),
  'runs with a word': () => list({ words: ['99'] }),
  'runs without a hit': () => list({ words: ['nowhere', 'at all'] }),
  'runs with tags': () => list({ tags: ['tag 3', 'tag 5'] }),
  'runs in a state': () => list({ states: ['interrupted', 'stopped'] }),
  'runs of a dataset': () => list({ dataset }),
  'tags of all runs': () => store.selectTags(db),
  'a run': () => [store.findRun(db, middle), store.findRunRow(db, live, middle), store.readRecipe(db, middle)],
  'models and exports of a run': () => [store.selectModels(db, middle), store.selectExports(db, middle)],
  'report of a run': () => store.readReport(db, middle),
  'epochs, cuts and log of a run': () => [
    store.selectEpochs(db, last),
    store.selectCuts(db, last),
    store.selectLog(db, last),
  ],
  'curves of a run, as stored': () =>
    db.prepare('SELECT point FROM step_points WHERE run = ? ORDER BY network, step').pluck().all(last),
  'points of a dataset': () => store.selectPoints(db, dataset),
  datasets: () => store.selectDatasetRows(db),
  'a dataset': () => store.findDatasetRow(db, dataset),
  'the queue': () => [store.selectQueue(db), store.selectRunsAtWork(db), store.selectCutOffWork(db)],
};
/** What is more than its query: every row is read and checked, where a screen shows all of them at once. */
const READINGS: Record<string, () => unknown> = {
  'all runs, read (decant runs)': () => store.selectRuns(db),
  'curves of a run, read': () => store.selectStepPoints(db, last),
  'points of all datasets, read': () => store.selectPoints(db, null),
};

function time(work: () => unknown): number {
  const times = Array.from({ length: repeats }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  }).sort((a, b) => a - b);
  return times[repeats >> 1]!;
}

const measured = [
  ...Object.entries(QUERIES).map(([name, work]) => ({ name, medianMs: time(work), limitMs })),
  ...Object.entries(READINGS).map(([name, work]) => ({ name, medianMs: time(work), limitMs: null })),
];
process.stderr.write(
  `${formatTable(
    [{ title: 'Query' }, { title: 'Median (ms)', align: 'right' }, { title: 'Result' }],
    measured.map(({ name, medianMs, limitMs: limit }) => [
      name,
      medianMs.toFixed(2),
      limit === null ? '' : medianMs <= limit ? 'ok' : `over ${limit} ms`,
    ]),
  )}\n`,
);
const rowsThere = count('step_points') + count('epochs');
const sizeBytes = statSync(store.storePath(home)).size;
opened.close();
rmSync(home, { recursive: true, force: true });
const met = measured.every(({ medianMs, limitMs: limit }) => limit === null || medianMs <= limit);
process.stdout.write(`${JSON.stringify({ what: 'store', runs, rows: rowsThere, sizeBytes, met, measured })}\n`);
process.exit(met ? 0 : 1);
