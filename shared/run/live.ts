import { z } from 'zod';
import { STAGE_NAMES } from './stages.ts';

/** What a run tells of itself while it trains, for curves and charts. */

const count = z.int().min(0);

/** A point of the live curves, a mean over the steps since the last one. */
export const stepPointSchema = z.strictObject({
  stage: z.enum(STAGE_NAMES),
  /** Steps of this network's line, from 0, and the epoch as a decimal number. */
  step: count,
  epoch: z.number().min(0),
  loss: z.number(),
  /** Before their weights. */
  terms: z.record(z.string(), z.number()),
  learningRate: z.number().min(0),
  /** What schedules multiply the weights of methods by in this epoch, by method; empty where all stay as they are. */
  factors: z.record(z.string(), z.number().min(0)),
  macs: count,
  imagesPerSecond: z.number().min(0),
});
export type StepPoint = z.infer<typeof stepPointSchema>;

/** Output channels of one of the student's layers, before any cut and now. */
export const layerWidthSchema = z.strictObject({ name: z.string(), before: count, now: count });
export type LayerWidth = z.infer<typeof layerWidthSchema>;
