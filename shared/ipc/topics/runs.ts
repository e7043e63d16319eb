import { z } from 'zod';
import { layerWidthSchema, type StepPoint, stepPointSchema } from '../../run/live.ts';
import { recipeSchema } from '../../run/recipe.ts';
import { runRecoverySchema } from '../../run/recovery.ts';
import { cutSchema, epochMetricsSchema } from '../../run/report.ts';
import { runDetailSchema } from '../../run/results.ts';
import { ROLE_NAMES } from '../../run/roles.ts';
import { searchSchema } from '../../run/search.ts';
import { STAGE_NAMES } from '../../run/stages.ts';
import { count, datasetId, fraction, nothing, request, runId, workId } from '../message.ts';

export { layerWidthSchema, type StepPoint, stepPointSchema };

/**
 * `queued`: waits for its turn; `paused`: held in memory, goes on at once; `stopped` and `interrupted`: to be resumed from
 * the last checkpoint; `failed`: with a sentence why.
 */
export const APP_RUN_STATES = ['queued', 'running', 'paused', 'interrupted', 'finished', 'stopped', 'failed'] as const;
export type AppRunState = (typeof APP_RUN_STATES)[number];

export const runRowSchema = z.strictObject({
  id: runId,
  /** As the user named it; else made from dataset and date. */
  name: z.string(),
  note: z.string(),
  tags: z.array(z.string()),
  dataset: datasetId,
  datasetName: z.string(),
  state: z.enum(APP_RUN_STATES),
  stage: z.enum(STAGE_NAMES).nullable(),
  failure: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Place in the queue from 1; null where it does not wait. */
  queuePosition: z.int().min(1).nullable(),
  studentTop1: fraction.nullable(),
  teacherTop1: fraction.nullable(),
  /** The student's MACs and parameters; null until finished. */
  macs: count.nullable(),
  parameters: count.nullable(),
  flopsReduction: z.number().nullable(),
  /** Of the student's fp32 file. */
  studentBytes: count.nullable(),
  /** The student's latency p50 at batch 1, milliseconds, in the runtime and on the machine that its report names. */
  latencyMs: z.number().min(0).nullable(),
  /** The lowest p50 at batch 1 of one of the student's files on a phone, milliseconds; null: none was measured there. */
  phoneLatencyMs: z.number().min(0).nullable(),
  /** Time worked on it in all stages, milliseconds. */
  elapsedMs: z.number().min(0),
  /** The run that it was started again from, whose name is null where it was deleted; null: none. */
  basedOn: z.strictObject({ id: runId, name: z.string().nullable() }).nullable(),
});
export type RunRow = z.infer<typeof runRowSchema>;

export const RUN_SORTS = [
  'createdAt',
  'name',
  'datasetName',
  'state',
  'studentTop1',
  'teacherTop1',
  'retention',
  'flopsReduction',
  'macs',
  'studentBytes',
  'latencyMs',
  'phoneLatencyMs',
  'elapsedMs',
] as const;

/** What the table of runs can show beside the name, in its order. */
export const RUN_COLUMNS = [
  'state',
  'datasetName',
  'studentTop1',
  'teacherTop1',
  'retention',
  'flopsReduction',
  'macs',
  'studentBytes',
  'latencyMs',
  'phoneLatencyMs',
  'elapsedMs',
  'createdAt',
  'basedOn',
] as const;
export type RunColumn = (typeof RUN_COLUMNS)[number];

export const runQuerySchema = z.strictObject({
  /** Words that all must be in name, note, tags or dataset; empty: all runs. */
  text: z.string().max(200).default(''),
  states: z.array(z.enum(APP_RUN_STATES)).default([]),
  tags: z.array(z.string()).default([]),
  dataset: datasetId.nullable().default(null),
  sort: z.enum(RUN_SORTS).default('createdAt'),
  descending: z.boolean().default(true),
  offset: count.default(0),
  limit: z.int().min(1).max(500).default(100),
});
export type RunQuery = z.input<typeof runQuerySchema>;

/** The detail of a run in the window: with the recipe, whatever its state. */
export const appRunSchema = z.strictObject({
  row: runRowSchema,
  recipe: recipeSchema,
  detail: runDetailSchema,
});
export type AppRun = z.infer<typeof appRunSchema>;

/** Everything that a page which shows a run needs to draw it from the start. */
export const runHistorySchema = z.strictObject({
  epochs: z.array(epochMetricsSchema),
  cuts: z.array(cutSchema),
  /** At most 20 000 points, evenly thinned; more come as events. */
  steps: z.array(stepPointSchema),
  /** Output channels of the student's layers, before any cut and now. */
  layers: z.array(layerWidthSchema),
  /** The networks that its search has judged; null: none. */
  search: searchSchema.nullable(),
  /** What the run told, oldest first, with the time (ISO 8601). At most the last 2 000 lines. */
  log: z.array(z.strictObject({ at: z.iso.datetime(), level: z.enum(['info', 'warning', 'error']), text: z.string() })),
});
export type RunHistory = z.infer<typeof runHistorySchema>;

/** How long a run would take. */
export const runEstimateSchema = z.strictObject({
  totalMs: z.number().min(0),
  stages: z.array(z.strictObject({ stage: z.enum(STAGE_NAMES), ms: z.number().min(0) })),
  /** Of the student's training. */
  imagesPerSecond: z.number().min(0),
  backend: z.string(),
});
export type RunEstimate = z.infer<typeof runEstimateSchema>;

/** What a recipe means before anything is computed. */
export const runPlanSchema = z.strictObject({
  /** Null where the recipe is contradictory. */
  networks: z
    .array(
      z.strictObject({
        role: z.enum(ROLE_NAMES),
        architecture: z.string(),
        macs: count,
        parameters: count,
        /** Of the fp32 file. */
        bytes: count,
        /** Only bounds are known of the student before it is cut. */
        estimated: z.boolean(),
      }),
    )
    .nullable(),
  /** What is wrong, and at which keys of the recipe. */
  problems: z.array(z.strictObject({ keys: z.array(z.string()), message: z.string() })),
  images: z.strictObject({ train: count, validation: count, test: count, unlabelled: count }).nullable(),
  /** How many views of the images the teacher's answers are kept for, and what each takes of the cache. Null: none, or not known. */
  answers: z.strictObject({ views: count, viewBytes: count }).nullable(),
  /** For goals in milliseconds; null where the recipe is contradictory. */
  latency: z
    .strictObject({
      /** The tables that have timed this student. */
      tables: z.array(
        z.strictObject({
          table: z.string(),
          device: z.string(),
          runtime: z.string(),
          precision: z.string(),
          /** Of predictions of whole networks, as a share; null: not measured. */
          medianError: z.number().min(0).nullable(),
          /** Predicted for the student before any cut. */
          fullMs: z.number(),
        }),
      ),
      /** Predicted for a student within the limits, by the recipe's table; null where it bounds no milliseconds. */
      studentMs: z.number().nullable(),
      /** About how long it takes to measure this computer. */
      measuringMs: z.number().min(0),
    })
    .nullable(),
  /** What to do about classes with few images, one sentence; null: nothing, or the recipe does something. */
  balanceAdvice: z.string().nullable(),
  /** What the teacher's classifier costs a student that reuses it, one sentence; null: it has its own. */
  reuse: z.string().nullable(),
  /** From steps that were timed on this machine, of the same networks or of others; null: none were, or something is wrong. */
  time: runEstimateSchema.extend({ basis: z.enum(['same', 'similar']) }).nullable(),
});
export type RunPlan = z.infer<typeof runPlanSchema>;

const recipe = recipeSchema;
const run = z.strictObject({ run: runId });

export const runRequests = {
  'runs.list': request(runQuerySchema, z.strictObject({ total: count, rows: z.array(runRowSchema) })),
  'runs.tags': request(nothing, z.array(z.strictObject({ tag: z.string(), runs: count }))),
  'runs.show': request(run, appRunSchema),
  'runs.history': request(run, runHistorySchema),
  /** Cheap: may be asked at every change of a field. */
  'runs.plan': request(z.strictObject({ dataset: datasetId.nullable(), recipe: z.unknown() }), runPlanSchema),
  /** Times real steps of the recipe's networks, for the times of plans; takes some seconds; refused (`run.busy`) while a run computes. */
  'runs.measure': request(z.strictObject({ dataset: datasetId, recipe }), nothing),
  /** Puts a new run at the end of the queue. */
  'runs.start': request(
    z.strictObject({
      dataset: datasetId,
      recipe,
      name: z.string().max(200).optional(),
      /** The run that it is started again from. */
      basedOn: runId.nullable().optional(),
    }),
    runRowSchema,
  ),
  /** Takes a paused, stopped, interrupted or failed run up again: at once where it was paused, else through the queue. */
  'runs.resume': request(run, runRowSchema),
  /** Holds a running run between two steps. */
  'runs.pause': request(run, runRowSchema),
  /** Ends it with a checkpoint, or takes it out of the queue. */
  'runs.stop': request(run, runRowSchema),
  /** Trains no further: the best until now is cut to the budget, measured and exported. */
  'runs.finishEarly': request(run, runRowSchema),
  /** Moves a waiting run in the queue, `position` from 1. */
  'runs.move': request(z.strictObject({ run: runId, position: z.int().min(1) }), nothing),
  'runs.annotate': request(
    z.strictObject({
      run: runId,
      name: z.string().trim().min(1).max(200).optional(),
      note: z.string().max(10_000).optional(),
      tags: z.array(z.string().trim().min(1).max(40)).max(20).optional(),
    }),
    runRowSchema,
  ),
  /** Hides runs; `runs.restore` brings them back until the app ends or a minute has passed, then their files go. */
  'runs.delete': request(z.strictObject({ runs: z.array(runId).min(1).max(1000) }), nothing),
  'runs.restore': request(z.strictObject({ runs: z.array(runId).min(1).max(1000) }), nothing),
  /** Makes the finished run that comes with Decant one of the runs, unless it is, and draws its dataset. */
  'runs.openSample': request(z.strictObject({ work: workId }), runRowSchema),
  /** How many runs the store has lost, or has in an older state, that their folders can restore. */
  'runs.countLost': request(nothing, z.strictObject({ runs: count })),
  /** Restores them. */
  'runs.restoreLost': request(nothing, runRecoverySchema),
  /** Opens the run's folder in the system's file manager. */
  'runs.openFolder': request(run, nothing),
};
