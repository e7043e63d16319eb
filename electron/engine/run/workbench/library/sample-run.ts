import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunId, type RunId } from '../../../core/ids.ts';
import { type OutsideRun, type Store, takeInRun } from '../../../store/index.ts';

/** The finished run that comes with Decant lies here, in a folder by its id; `npm run sample-run` makes it. */
export const SAMPLE_RUNS = fileURLToPath(new URL('../../../../../samples/finished-run', import.meta.url));

/**
 * Makes the finished run that comes with Decant one of a home's runs. Throws as `takeInRun`.
 *
 * @param dataset the sample dataset, which it learned from
 */
export async function takeInSampleRun(store: Store, dataset: OutsideRun['dataset']): Promise<RunId> {
  const run = (await readdir(SAMPLE_RUNS)).find(isRunId);
  if (run === undefined) throw new Error(`There is no run in ${SAMPLE_RUNS}; npm run sample-run makes one.`);
  await takeInRun(store, { run, from: join(SAMPLE_RUNS, run), dataset });
  return run;
}
