import { z } from 'zod';
import { ARCHITECTURE_NAMES } from '../../run/architectures.ts';
import { count, nothing, request, workId } from '../message.ts';

/** Published ImageNet weights, as the window shows them; a recipe names them as `catalogue:<id>`. */
export const weightsEntrySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-z._-]{1,80}$/),
  title: z.string(),
  architecture: z.enum(ARCHITECTURE_NAMES),
  width: z.number(),
  /** Whose they are, under which licence, and where they come from. */
  publisher: z.string(),
  licence: z.string(),
  address: z.string(),
  sizeBytes: count,
  state: z.enum(['absent', 'partial', 'ready']),
});
export type WeightsEntry = z.infer<typeof weightsEntrySchema>;

export const weightsRequests = {
  'weights.list': request(nothing, z.array(weightsEntrySchema)),
  /** Downloads what is missing of them, and checks the whole. */
  'weights.download': request(z.strictObject({ id: z.string(), work: workId }), weightsEntrySchema),
  'weights.remove': request(z.strictObject({ id: z.string() }), weightsEntrySchema),
};
