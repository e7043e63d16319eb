import { z } from 'zod';
import { defineForm } from './form.ts';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Milliseconds since 1970. */
const moment = z.number();
/** Stored JSON of a form of its own, with its version, as the store holds it. */
const stored = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** What the store knows of a run, apart from its report, its curves and its log. */
const runRecordSchema = z.strictObject({
  name: z.string(),
  note: z.string(),
  tags: z.array(z.string()),
  state: z.enum(['running', 'finished', 'stopped', 'failed']),
  failure: z.string().nullable(),
  createdAtMs: moment,
  updatedAtMs: moment,
  /** When it was hidden, to be deleted; null: it was not. */
  deletedAtMs: moment.nullable(),
  resumes: count,
  /** The run that it was started again from; null: none. */
  basedOn: z.string().nullable().default(null),
  recipe: stored,
  dataset: z.strictObject({
    name: z.string(),
    path: z.string(),
    fingerprint: z.string(),
    classes: stored,
    images: count,
  }),
  /** How its images were divided; null: not yet. `assignment`: a byte an image, deflated, base64. */
  split: z.strictObject({ settings: z.string(), assignment: z.base64() }).nullable(),
  weightsFiles: z.array(z.strictObject({ role: z.string(), path: z.string(), sha256 })),
  finishAsked: z.boolean(),
  finishPlace: stored.nullable(),
  layers: stored.nullable(),
  stages: z.array(
    z.strictObject({ stage: z.string(), startedAtMs: moment, elapsedMs: z.number(), finished: z.boolean() }),
  ),
  sessions: z.array(
    z.strictObject({
      session: z.int().min(1),
      backend: z.string(),
      device: z.string(),
      threads: count,
      precision: z.string(),
      begunAtMs: moment,
      peakMemoryBytes: count,
    }),
  ),
  epochs: z.array(stored),
  cuts: z.array(stored),
  artifacts: z.array(
    z.strictObject({ name: z.string(), path: z.string(), sizeBytes: count, sha256, createdAtMs: moment }),
  ),
  exports: z.array(stored),
  /** What phones measured. */
  phones: z.array(stored).default([]),
  /** SHA-256 of the report as the store holds it, of which `results/report.json` is the indented form; null: not finished. */
  report: sha256.nullable(),
});
export type RunRecordBody = Readonly<z.infer<typeof runRecordSchema>>;

const recordFileSchema = z.strictObject({
  /** Counts changes: the higher one is the newer, in the store or in the file. */
  revision: count,
  /** SHA-256 of `run` as compact JSON. */
  sha256,
  run: runRecordSchema,
});
/** Stands in a run's folder as `run.json`, so that a store that lost the run gets it back. */
export type RunRecordFile = Readonly<z.infer<typeof recordFileSchema>>;
export const RUN_RECORD_FORM = defineForm({ name: 'run record', schema: recordFileSchema });
