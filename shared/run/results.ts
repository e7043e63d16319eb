import { z } from 'zod';
import { phoneMeasurementSchema } from './phone-measurement.ts';
import { confusionSchema, exportReportSchema, modelReportSchema, reportSchema } from './report.ts';
import { ROLE_NAMES } from './roles.ts';
import { STAGE_NAMES } from './stages.ts';

/** What the engine answers to requests other than a whole run. Shares are fractions, sizes bytes. */

export const RUN_STATES = ['running', 'interrupted', 'finished', 'stopped', 'failed'] as const;
/** `interrupted`: its process ended without a word; to be resumed. */
export type RunState = (typeof RUN_STATES)[number];

const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

export const runSummarySchema = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  state: z.enum(RUN_STATES),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The stage that it is in or ended in; null before the first. */
  stage: z.enum(STAGE_NAMES).nullable(),
  /** One sentence why it failed; null otherwise. */
  failure: z.string().nullable(),
  /** Test top-1 of the compressed student and of its teacher; null until the run is finished. */
  studentTop1: fraction.nullable(),
  teacherTop1: fraction.nullable(),
  /** Share of the unpruned student's FLOPs that was saved; null until the run is finished. */
  flopsReduction: z.number().nullable(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runDetailSchema = runSummarySchema.extend({
  datasetPath: z.string(),
  /** Folder with the run's own files: checkpoint, weights, exports. */
  folder: z.string(),
  report: reportSchema.nullable(),
  /** The networks that were measured; none until the run is finished. */
  models: z.array(modelReportSchema.extend({ role: z.enum(ROLE_NAMES) })),
  /** The newest file of each format and precision, its path absolute. */
  exports: z.array(exportReportSchema),
  /** What phones measured of these, oldest first. */
  phones: z.array(phoneMeasurementSchema),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

export const evaluationResultSchema = z.strictObject({
  /** What was evaluated: a run's id or a file. */
  target: z.string(),
  architecture: z.string(),
  dataset: z.string(),
  /** The split evaluated, and how many images of it. */
  split: z.string(),
  images: count,
  top1: fraction,
  top5: fraction,
  perClass: z.array(z.strictObject({ name: z.string(), images: count, top1: fraction.nullable() })),
  confusion: confusionSchema,
  runtime: z.string(),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;

export const exportResultSchema = exportReportSchema.extend({
  runtime: z.string(),
});
export type ExportResult = z.infer<typeof exportResultSchema>;

/** What became of several files of one student. */
export const exportAllResultSchema = z.strictObject({
  run: z.string(),
  /** Absolute path of the folder that they are in. */
  folder: z.string(),
  files: z.array(
    z.strictObject({
      format: z.string(),
      precision: z.string(),
      /** Null where it was not written. */
      result: exportResultSchema.nullable(),
      /** Why it was not written: code of the error, null for one that nobody foresaw, and a sentence; null otherwise. */
      failure: z.strictObject({ code: z.string().nullable(), message: z.string() }).nullable(),
    }),
  ),
});
export type ExportAllResult = z.infer<typeof exportAllResultSchema>;
