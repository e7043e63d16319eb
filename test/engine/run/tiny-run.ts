import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { compress } from '../../../electron/engine/run/compress.ts';
import { openWorkbench, type Workbench } from '../../../electron/engine/run/workbench/workbench.ts';
import { openStore, type Store } from '../../../electron/engine/store/index.ts';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';
import { TINY_RECIPE } from '../../e2e/real-cli.ts';

/** A home with one finished run, and what the window looks at it with. */
export interface TinyRun {
  readonly folder: string;
  readonly home: string;
  readonly dataset: string;
  readonly report: Report;
  readonly store: Store;
  readonly workbench: Workbench;
  /** Lets go of it and removes its files. */
  remove(): Promise<void>;
}

/** Trains the smallest run that walks the whole road, in a new home. */
export async function makeTinyRun(recipe: PartialRecipe = {}): Promise<TinyRun> {
  const folder = makeTemporaryFolder('decant-tiny-');
  const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
  await drawDataset(dataset, { classes: 3, trainPerClass: 24, testPerClass: 8, size: 32, seed: 1 });
  const report = await compress({
    home,
    dataset,
    recipe: recipeSchema.parse({ ...TINY_RECIPE, ...recipe }),
    resume: null,
    out: null,
    backend: 'simd',
    threads: 1,
    listener: () => undefined,
    signal: new AbortController().signal,
  });
  const store = openStore(home);
  const workbench = openWorkbench(store);
  return {
    folder,
    home,
    dataset,
    report,
    store,
    workbench,
    async remove() {
      await workbench.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
