import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawDataset, openDataset } from '../../electron/engine/data/index.ts';
import { registerDataset } from '../../electron/engine/run/begin/prepare.ts';
import { compress } from '../../electron/engine/run/compress.ts';
import { openStore } from '../../electron/engine/store/index.ts';
import type { EngineParams } from '../../shared/ipc/engine-messages.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { EngineProcess } from './engine-process.ts';

/** Seconds of work: three classes of drawn pictures, 16 pixels, one epoch a stage. */
export const TINY = recipeSchema.parse({
  data: { inputSize: 16, validation: 0.2 },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: { batch: 8, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: false },
  prune: { macs: 0.7, steps: 2 },
  measure: { latencyRuns: 10, ckaImages: 8 },
});

/** So many fine-tuning epochs that it does not end by itself within a test. */
export const LONG = recipeSchema.parse({ ...TINY, train: { ...TINY.train, fineTuneEpochs: 200 } });

export const SETTINGS = { backend: 'simd', threads: 1, cacheLimitBytes: null } as const;

export type RunsQuery = EngineParams<'runs.list'>;

/** The query of all runs. */
export const EVERYTHING: RunsQuery = {
  text: '',
  states: [],
  tags: [],
  dataset: null,
  sort: 'createdAt',
  descending: true,
  offset: 0,
  limit: 100,
};

/** Draws pictures and makes them known to a home; gives the dataset's id. */
export async function prepareHome(home: string, pictures: string): Promise<string> {
  if (!existsSync(pictures))
    await drawDataset(pictures, { classes: 3, trainPerClass: 30, testPerClass: 10, size: 16, seed: 1 });
  const dataset = await openDataset(pictures, { signal: new AbortController().signal });
  const store = openStore(home);
  try {
    return registerDataset(store, dataset, await dataset.fingerprint(), 1);
  } finally {
    store.close();
    await dataset.close();
  }
}

/** An engine that has been told what to compute with. */
export async function startEngine(home: string): Promise<EngineProcess> {
  const engine = new EngineProcess(home);
  await engine.request('engine.configure', SETTINGS);
  return engine;
}

/** SHA-256 of a finished run's student. */
export function hashStudent(home: string, run: string): string {
  const path = join(home, 'runs', run, 'results', 'student', 'weights.safetensors');
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Takes a TINY run in a home of its own as the command line does; gives SHA-256 of its student. */
export async function runUndisturbed(home: string, dataset: string): Promise<string> {
  const { run } = await compress({
    home,
    dataset,
    recipe: TINY,
    resume: null,
    out: null,
    ...SETTINGS,
    listener: () => undefined,
    signal: new AbortController().signal,
  });
  return hashStudent(home, run);
}

/** Waits until a run is neither at work nor in the queue; `from`: after that many events. */
export const waitForEnd = (engine: EngineProcess, run: string, from = 0) =>
  engine.waitFor(
    'run.changed',
    ({ row }) => row.id === run && ['finished', 'failed', 'stopped'].includes(row.state) && row.queuePosition === null,
    from,
  );

/** Waits until a run begins a stage. */
export const waitForStage = (engine: EngineProcess, run: string, stage: string) =>
  engine.waitFor(
    'run.told',
    ({ run: told, event }) => told === run && event.type === 'stage.started' && event.stage === stage,
  );
