import { z } from 'zod';
import { LATENCY_NAME } from '../../run/latency-table.ts';
import { recipeSchema } from '../../run/recipe.ts';
import { count, nothing, request, workId } from '../message.ts';

const medianError = z.number().min(0).nullable();
const named = z.strictObject({ name: z.string().regex(LATENCY_NAME) });

/** A table of measured latencies, as the window lists it. */
export const latencyEntrySchema = z.strictObject({
  name: z.string(),
  device: z.string(),
  /** Processor and system of the device; runtime, version and threads on it. */
  machine: z.string(),
  runtime: z.string(),
  precision: z.string(),
  measuredAt: z.string(),
  pieces: count,
  /** Of predictions of whole networks, as a share; null where it was not measured. */
  medianError,
  /** What it can predict, in words: "MobileNetV2, 64 × 64 pixels". */
  networks: z.array(z.string()),
});
export type LatencyEntry = z.infer<typeof latencyEntrySchema>;

export const latencyRequests = {
  /**
   * Times the pieces of the recipe's student on this computer, for goals in milliseconds; takes minutes, and goes on where it
   * was cancelled; refused (`run.busy`) while a run computes.
   */
  'latency.measure': request(
    z.strictObject({ recipe: recipeSchema, work: workId }),
    z.strictObject({ table: z.string(), pieces: count, medianError }),
  ),
  'latency.list': request(nothing, z.array(latencyEntrySchema)),
  /** Removes a table; `latency.restore` brings it back. Runs keep what they began with. */
  'latency.remove': request(named, nothing),
  'latency.restore': request(named, nothing),
};
