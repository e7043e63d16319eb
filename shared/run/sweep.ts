import { z } from 'zod';

/** What a sweep found: one recipe with some keys varied, each point over several seeds. */

const count = z.int().min(0);

const sweepRunSchema = z.strictObject({
  seed: count,
  /** `setAside`: it failed, and is not tried again in this sweep. */
  state: z.enum(['finished', 'setAside']),
  /** Why it failed; null where it finished. */
  error: z.string().nullable(),
  /** Share of test images that the compressed student got right. */
  top1: z.number().min(0).max(1).nullable(),
  /** Multiply-accumulates of the compressed student. */
  macs: count.nullable(),
  /** How long the run took, milliseconds. */
  totalMs: z.number().min(0).nullable(),
  /** SHA-256 of the student's weights. */
  student: z.string().nullable(),
});
export type SweepRun = z.infer<typeof sweepRunSchema>;

const sweepPointSchema = z.strictObject({
  /** The keys that the sweep varies, and their values as they were given. */
  settings: z.record(z.string(), z.string()),
  runs: z.array(sweepRunSchema),
});
export type SweepPoint = z.infer<typeof sweepPointSchema>;

export const sweepResultSchema = z.strictObject({
  dataset: z.string(),
  decant: z.string(),
  backend: z.string(),
  points: z.array(sweepPointSchema),
});
export type SweepResult = z.infer<typeof sweepResultSchema>;
