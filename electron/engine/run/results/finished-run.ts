import type { RunListener } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { Line } from '../../../../shared/run/stages.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import { openDataset, preparePixels } from '../../data/index.ts';
import { findDataset, readRecipe, readReport, requireReadable } from '../../store/index.ts';
import type { Teacher } from '../../teacher/index.ts';
import { openRun } from '../book/runs.ts';
import { withCacheFolder } from '../context/cache-place.ts';
import { readModel } from '../context/kept-models.ts';
import { describeModel, type Model } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import { cacheOptions, progressListener } from '../context/run-context.ts';
import { findSplits } from '../context/splits.ts';
import { findTeacherFile, openFileTeacher, openOwnTeacher } from '../teacher/run-teacher.ts';

/** What a finished run left, with its images. */
export interface FinishedRun {
  readonly id: RunId;
  readonly recipe: Recipe;
  readonly data: Pick<PreparedData, 'cache' | 'classes' | 'splits' | 'fingerprint'>;
  readonly teacher: Teacher;
  readonly student: Model;
  /** The student's, which makes its confidence calibrated; null where an earlier version made the run. */
  readonly temperature: number | null;
  /** Null where it was not trained. */
  readonly baseline: Model | null;
}

/**
 * Opens a finished run and its images for some work.
 *
 * @throws DecantError `run.unknown` for one that is not finished, `run.resume` when its images have changed, what the work throws
 */
export async function withFinishedRun<T>(
  options: {
    home: string;
    run: string;
    cacheLimitBytes?: number | null | undefined;
    listener: RunListener;
    signal: AbortSignal;
  },
  work: (finished: FinishedRun) => Promise<T>,
): Promise<T> {
  const { home, run, cacheLimitBytes, listener, signal } = options;
  const { store, record } = openRun(home, run);
  try {
    requireReadable(store.db, record.id);
    const read = (line: Line) => readModel({ store, id: record.id }, line);
    const [own, student, baseline] = [await read('teacher'), await read('student'), await read('baseline')];
    const known = findDataset(store.db, record.dataset);
    const recipe = readRecipe(store.db, record.id);
    const temperature = readReport(store.db, record.id)?.calibration.student?.temperature ?? null;
    if ((!own && findTeacherFile(recipe) === null) || !student || !known)
      throw new DecantError('run.unknown', `Run ${run} has no student yet; let it finish first.`, { run });
    const dataset = await openDataset(record.datasetPath, { signal });
    try {
      if ((await dataset.fingerprint(signal)) !== known.fingerprint)
        throw new DecantError(
          'run.resume',
          `The images of ${record.datasetPath} have changed since run ${run}, so its export cannot be checked on them; put them back.`,
          { run, path: record.datasetPath },
        );
      return await withCacheFolder(home, async (cacheFolder) => {
        const cache = await preparePixels(dataset, {
          inputSize: recipe.data.inputSize,
          unlabelled: false,
          ...cacheOptions(home, cacheLimitBytes, listener),
          cacheFolder,
          listener: progressListener(listener),
          signal,
        });
        try {
          const none = new Int32Array();
          const splits = findSplits(store, record.dataset, recipe, cache);
          const { classes, fingerprint } = known;
          const data = {
            cache,
            classes,
            fingerprint,
            splits: splits ?? { train: none, validation: none, test: none, unlabelled: none },
          };
          const full = describeModel(recipe, 'student', known.classes.length);
          const teacher = own
            ? openOwnTeacher(recipe, own, full)
            : await openFileTeacher({ recipe, classes: known.classes, student: full, kept: null });
          try {
            // One of the two teachers is there.
            return await work({ id: record.id, recipe, data, teacher: teacher!, student, temperature, baseline });
          } finally {
            await teacher?.close();
          }
        } finally {
          await cache.close();
        }
      });
    } finally {
      await dataset.close();
    }
  } finally {
    store.close();
  }
}
