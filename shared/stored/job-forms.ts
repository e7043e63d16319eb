import { z } from 'zod';
import { recipeSchema } from '../run/recipe.ts';
import { defineForm } from './form.ts';

/** What machines that share a queue keep in its blob store. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Path below a folder: relative, with forward slashes, and with nothing in it that leads out of the folder. */
const innerPath = z
  .string()
  .min(1)
  .refine((path) => isInnerPath(path), 'Invalid path: it leads out of its folder');

function isInnerPath(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part));
}

/** A name of a file or folder. */
const name = innerPath.refine((path) => !path.includes('/'), 'Invalid name: it has a slash in it');

const imagesSchema = z.strictObject({
  /** Of the folder or archive, as reports call it; an archive's with its ending. */
  name,
  kind: z.enum(['folder', 'zip']),
  /** Of the dataset: tells whether what was unpacked is what was packed. */
  fingerprint: sha256,
  /** Its files by their path in the folder; of an archive the archive itself, under its name. */
  files: z.array(z.tuple([innerPath, sha256])),
});
/** A dataset as blobs. */
export type PackedImages = z.infer<typeof imagesSchema>;
export const IMAGES_FORM = defineForm({ name: 'packed images', schema: imagesSchema });

const jobSchema = z.strictObject({
  kind: z.literal('run'),
  /** Version of Decant: another may compute other bits. */
  decant: z.string(),
  backend: z.string(),
  /** The files that it names stand in `files`. */
  recipe: recipeSchema,
  /** Of the dataset. */
  fingerprint: sha256,
  /** The dataset as blobs; null: a worker on this machine opens it where it lies. */
  images: sha256.nullable(),
  /** Files that the recipe names, by their key in it. */
  files: z.array(z.strictObject({ key: z.string(), name, sha256 })),
});
/** All that decides what a job computes. Its hash is the job's key. */
export type JobDescription = z.infer<typeof jobSchema>;
export const JOB_FORM = defineForm({ name: 'job', schema: jobSchema });

const jobResultSchema = z.strictObject({
  /** The job's key. */
  job: sha256,
  /** `report.json`. */
  report: sha256,
  /** `student.safetensors`, with its network. */
  student: sha256,
});
export type JobResult = z.infer<typeof jobResultSchema>;
export const JOB_RESULT_FORM = defineForm({ name: 'job result', schema: jobResultSchema });
