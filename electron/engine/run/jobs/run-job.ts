import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { writeStored } from '../../../../shared/stored/form.ts';
import { JOB_FORM, JOB_RESULT_FORM, type JobDescription } from '../../../../shared/stored/job-forms.ts';
import { REPORT_FORM } from '../../../../shared/stored/run-forms.ts';
import { BlobStore } from '../../blobs/index.ts';
import { writeFileAtomicallySync } from '../../core/atomic-file.ts';
import { DecantError, type ErrorCode } from '../../core/errors.ts';
import { isRunId } from '../../core/ids.ts';
import { findArtifact, readArtifact } from '../../store/index.ts';
import { placeRecipeFiles } from '../begin/recipe-files.ts';
import { hasFolder, openRun } from '../book/runs.ts';
import { compress } from '../compress.ts';
import type { CompressOptions } from '../context/compress-options.ts';
import { modelFile } from '../context/kept-models.ts';
import { progressListener } from '../context/run-context.ts';
import { setPath } from './describe-job.ts';
import { unpackImages } from './pack-images.ts';
import { fetchedFilesFolder, fetchedImagesFolder, jobRunFile } from './places.ts';
import { getStored, putStored } from './stored-blobs.ts';

/** What computes a job. Plain data, for a thread. */
export interface JobOrder {
  readonly home: string;
  /** Folder of the blob store. */
  readonly blobs: string;
  /** The job's key. */
  readonly key: string;
  /** Where the dataset lies on this machine; null: it is fetched from the blob store. */
  readonly dataset: string | null;
  readonly threads: number | null;
  readonly cacheLimitBytes: number | null;
}

/** Failures after which a run cannot go on, but another can begin in its place. */
const BEGIN_ANEW: ReadonlySet<ErrorCode> = new Set([
  'run.unknown',
  'run.resume',
  'run.busy',
  'checkpoint.unreadable',
  'results.damaged',
  'store.unreadable',
]);

/**
 * Computes a job, unless its result is there: images and weights are brought here, the recipe is run, and report and student
 * go into the blob store. A run that was begun here for the same job goes on from its last checkpoint.
 *
 * @returns hash of the result that counts
 * @throws what `compress` throws; DecantError `blob.missing`, `blob.damaged`, `store.newer`
 */
export async function runJob(
  order: JobOrder,
  { listener, signal }: { listener: (event: RunEvent) => void; signal: AbortSignal },
): Promise<string> {
  const { home, key } = order;
  const blobs = new BlobStore(order.blobs);
  const former = await blobs.resolve(key);
  if (former !== null) return former;
  const job = await getStored(blobs, JOB_FORM, key);
  const dataset = order.dataset ?? (await fetchImages(blobs, job, home, { listener, signal }));
  const recipe = await fetchFiles(blobs, job, home);
  const report = await computeReport(order, { dataset, recipe, backend: job.backend }, { listener, signal });
  const result = await putStored(blobs, JOB_RESULT_FORM, {
    job: key,
    report: await blobs.put(`${JSON.stringify(writeStored(REPORT_FORM, report), null, 2)}\n`),
    student: await blobs.put(await readStudent(home, report.run)),
  });
  return await blobs.name(key, result);
}

async function fetchImages(
  blobs: BlobStore,
  { images }: JobDescription,
  home: string,
  { listener, signal }: Pick<CompressOptions, 'listener' | 'signal'>,
): Promise<string> {
  if (images === null)
    throw new DecantError('blob.missing', 'The images of this job are on the machine that planned it alone.');
  return unpackImages(blobs, images, fetchedImagesFolder(home), { listener: progressListener(listener), signal });
}

/**
 * The job's recipe with the files that it names, which are brought here. It may name no others: whoever wrote the job could
 * name any file of this machine.
 *
 * @throws DecantError `recipe.invalid`
 */
export async function fetchFiles(blobs: BlobStore, { recipe, files }: JobDescription, home: string): Promise<Recipe> {
  const placed = structuredClone(recipe);
  const own = placeRecipeFiles(structuredClone(recipe), '/').find(({ key }) => !files.some((file) => file.key === key));
  if (own) throw new DecantError('recipe.invalid', `The job names a file for ${own.key} that it did not bring along.`);
  for (const { key, name, sha256 } of files) {
    const path = join(fetchedFilesFolder(home), sha256, name);
    await blobs.copyTo(sha256, path);
    setPath(placed, key, path);
  }
  return placed;
}

async function computeReport(
  { home, key, threads, cacheLimitBytes }: JobOrder,
  { dataset, recipe, backend }: { dataset: string; recipe: Recipe; backend: string },
  { listener, signal }: Pick<CompressOptions, 'listener' | 'signal'>,
): Promise<Report> {
  const note = jobRunFile(home, key);
  const common = {
    home,
    dataset,
    out: null,
    backend: backend as CompressOptions['backend'], // Whoever made the job named one; `compress` refuses others.
    threads,
    cacheLimitBytes,
    signal,
    listener: (event: RunEvent) => {
      if (event.type === 'run.started') writeFileAtomicallySync(note, event.run, { flush: false });
      listener(event);
    },
  };
  const run = await readFile(note, 'utf8').catch(() => '');
  if (isRunId(run) && hasFolder(home, run))
    try {
      return await compress({ ...common, recipe: null, resume: run });
    } catch (error) {
      if (!(error instanceof DecantError && BEGIN_ANEW.has(error.code))) throw error;
      await rm(note, { force: true });
    }
  return compress({ ...common, recipe, resume: null });
}

async function readStudent(home: string, run: string): Promise<Buffer> {
  const { store, record } = openRun(home, run);
  try {
    const name = modelFile('student');
    const content = findArtifact(store.db, record.id, name) && (await readArtifact(store, record.id, name));
    if (!content) throw new DecantError('results.damaged', `Run ${run} is finished, but its student is gone.`, { run });
    return Buffer.from(content);
  } finally {
    store.close();
  }
}
