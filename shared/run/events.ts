import { z } from 'zod';
import { layerWidthSchema, stepPointSchema } from './live.ts';
import { COMPUTE_PRECISIONS, cutSchema, epochMetricsSchema } from './report.ts';
import { candidateSchema } from './search.ts';
import { STAGE_NAMES } from './stages.ts';

/** What a run tells while it works. Everything here is also kept in the store or the report; events are for watching. */
const stage = z.enum(STAGE_NAMES);
/** What the loss is multiplied by before its gradients are taken. */
const scale = z.number().positive();

export const runEventSchema = z.discriminatedUnion('type', [
  /** First of all events. `resumed`: continued from a checkpoint. */
  z.strictObject({ type: z.literal('run.started'), run: z.string(), dataset: z.string(), resumed: z.boolean() }),
  z.strictObject({
    type: z.literal('backend.chosen'),
    backend: z.string(),
    device: z.string(),
    threads: z.int().min(0),
    precision: z.enum(COMPUTE_PRECISIONS),
    reason: z.string(),
  }),
  /** `epochs`: how many this stage will train in all; 0 where it does not train. */
  z.strictObject({ type: z.literal('stage.started'), stage, epochs: z.int().min(0) }),
  z.strictObject({ type: z.literal('stage.finished'), stage, elapsedMs: z.number().min(0) }),
  /** Work inside a stage. `remainingMs` is of this piece of work; null while nothing honest can be said. */
  z.strictObject({
    type: z.literal('run.progressed'),
    stage: z.string(),
    done: z.number().min(0),
    total: z.number().min(0),
    unit: z.string(),
    elapsedMs: z.number().min(0),
    remainingMs: z.number().nullable(),
  }),
  /** `epochs`: all epochs on this network's line, of which `metrics.epoch` (from 0) is one. */
  z.strictObject({ type: z.literal('epoch.finished'), epochs: z.int().min(1), metrics: epochMetricsSchema }),
  /** A gradient overflowed in mixed precision: the step was left out, and the loss scale lowered to `scale`. */
  z.strictObject({ type: z.literal('step.skipped'), stage, epoch: z.int().min(0), batch: z.int().min(0), scale }),
  /** No gradient has overflowed for long: the loss scale was raised to `scale`. */
  z.strictObject({ type: z.literal('scale.raised'), stage, epoch: z.int().min(0), batch: z.int().min(0), scale }),
  /** By a stage that cuts channels, or by a search, whose only cut leaves the network that it has found. */
  z.strictObject({ type: z.literal('cut.made'), stage, cut: cutSchema }),
  /** A search has judged a network, as one of so many; `best`: of all within the budget so far. */
  z.strictObject({
    type: z.literal('candidate.judged'),
    candidate: candidateSchema,
    number: z.int().min(1),
    of: z.int().min(1),
    best: z.boolean(),
  }),
  /** The widths of the student's layers, when its training begins or goes on, and after each cut. */
  z.strictObject({ type: z.literal('network.reshaped'), layers: z.array(layerWidthSchema) }),
  /** Some steps, from step `from` of their network's line up to the point's own, as one point of the curves. */
  z.strictObject({ type: z.literal('steps.trained'), from: z.int().min(0), point: stepPointSchema }),
  /** How much of the whole run is done, and the time left for all of it; null while nothing honest can be said. */
  z.strictObject({
    type: z.literal('run.forecast'),
    progress: z.number().min(0).max(1),
    remainingMs: z.number().min(0).nullable(),
  }),
  z.strictObject({ type: z.literal('checkpoint.written'), stage, sizeBytes: z.int().min(0) }),
  /** Something was done differently from what was requested: a sentence for people. */
  z.strictObject({ type: z.literal('warning.raised'), message: z.string() }),
  z.strictObject({ type: z.literal('note.added'), message: z.string() }),
  /** Last of all events of a run that succeeded. */
  z.strictObject({ type: z.literal('run.finished'), run: z.string() }),
]);

export type RunEvent = z.infer<typeof runEventSchema>;
export type RunListener = (event: RunEvent) => void;
