import { z } from 'zod';

export const restoredRunSchema = z.strictObject({
  run: z.string(),
  name: z.string(),
  /** `record`: all of it, from its record; `report`: what its report and its files tell, from before there were records. */
  from: z.enum(['record', 'report']),
  state: z.enum(['running', 'finished', 'stopped', 'failed']),
});
export type RestoredRun = z.infer<typeof restoredRunSchema>;

export const leftRunSchema = z.strictObject({
  run: z.string(),
  folder: z.string(),
  /** Why it could not be restored, one sentence. */
  reason: z.string(),
});
export type LeftRun = z.infer<typeof leftRunSchema>;

/** What became of runs whose folders were there, but of which the store knew nothing, or an older state. */
export const runRecoverySchema = z.strictObject({
  restored: z.array(restoredRunSchema),
  /** As they were. */
  left: z.array(leftRunSchema),
});
export type RunRecovery = z.infer<typeof runRecoverySchema>;

/** What a repair of the store did. */
export const storeRepairSchema = runRecoverySchema.extend({
  /** Where the damaged store lies now; null: it was sound, or there was none. */
  setAside: z.string().nullable(),
});
export type StoreRepair = z.infer<typeof storeRepairSchema>;
