import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../electron/engine/core/atomic-file.ts';
import { compress } from '../../electron/engine/index.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import type { Report } from '../../shared/run/report.ts';

export interface TrainOptions {
  /** Where the run that is in progress is remembered. */
  readonly folder: string;
  readonly home: string;
  /** What is computed, so that another run that was in progress is not taken for it. */
  readonly key: string;
  readonly dataset: string;
  readonly recipe: PartialRecipe;
  /** Folder for its weights; null: only the report is wanted. */
  readonly out?: string | null;
  /** Null: one per core. */
  readonly threads?: number | null;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

const IN_PROGRESS = 'in-progress.json';

/** Key of the run that a folder holds and that has not ended; null: there is none. */
export async function findBegun(folder: string): Promise<string | null> {
  return (await readBegun(folder))?.key ?? null;
}

async function readBegun(folder: string): Promise<{ key: string; run: string } | null> {
  const text = await readFile(join(folder, IN_PROGRESS), 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text); // Written by trainRun alone.
}

/** A whole run, which goes on where it was when the last attempt at the very same was stopped. */
export async function trainRun({
  folder,
  home,
  key,
  dataset,
  recipe,
  out = null,
  threads = null,
  signal,
  tell,
}: TrainOptions): Promise<Report> {
  await mkdir(folder, { recursive: true });
  const place = join(folder, IN_PROGRESS);
  const begun = await readBegun(folder);
  const resume = begun?.key === key ? begun.run : null;
  let noted: Promise<unknown> = Promise.resolve();
  const listener = (event: RunEvent) => {
    if (event.type === 'run.started') noted = writeFileAtomically(place, JSON.stringify({ key, run: event.run }));
    if (event.type === 'warning.raised') tell(`  ${event.message}`);
    if (event.type === 'epoch.finished') {
      const { stage, epoch, validationTop1, elapsedMs } = event.metrics;
      const top1 = validationTop1 === null ? '' : `, validation ${(100 * validationTop1).toFixed(1)} %`;
      tell(`  ${stage} ${epoch + 1} of ${event.epochs}: ${Math.round(elapsedMs / 1000)} s${top1}`);
    }
  };
  const settings = { home, out, backend: 'auto', threads, listener, signal } as const;
  const report = await compress(
    resume === null
      ? { ...settings, dataset, recipe: recipeSchema.parse(recipe), resume: null }
      : { ...settings, dataset: null, recipe: null, resume },
  );
  await noted;
  await rm(place, { force: true });
  return report;
}
