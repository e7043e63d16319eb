import { z } from 'zod';
import { defineForm } from './form.ts';
import { upgradeCheckpointTo2 } from './upgrades/checkpoint-2.ts';
import { upgradeCheckpointTo3 } from './upgrades/checkpoint-3.ts';

const tensorSchema = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  /** Which of the file's tensors its numbers are, from 0. An upgrade may rename, move and leave out tensors, but not change this. */
  place: z.int().min(0),
});

/** As it stands in a file of any version, in whose order the numbers follow. */
export const checkpointHeaderSchema = z.strictObject({
  data: z.record(z.string(), z.unknown()),
  tensors: z.record(z.string(), z.array(z.strictObject({ name: z.string(), shape: z.array(z.int().min(0)).max(8) }))),
});
export type CheckpointHeader = z.infer<typeof checkpointHeaderSchema>;

/**
 * A checkpoint without its numbers: named plain data, and the names and shapes of its tensors, by set. Its version stands in the
 * file's first bytes.
 */
export const CHECKPOINT_FORM = defineForm({
  name: 'checkpoint',
  upgrades: [upgradeCheckpointTo2, upgradeCheckpointTo3],
  schema: z.strictObject({
    data: z.record(z.string(), z.unknown()),
    tensors: z.record(z.string(), z.array(tensorSchema)),
  }),
});
