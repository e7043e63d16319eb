import { z } from 'zod';
import { latencySchema } from '../../run/report.ts';
import { RECIPE_NETWORKS } from '../../run/roles.ts';
import { fraction, request, runId } from '../message.ts';

const opinion = z.strictObject({
  role: z.enum(RECIPE_NETWORKS),
  top: z.array(z.strictObject({ name: z.string(), probability: fraction })),
  /** What its logits were divided by to make the probabilities calibrated; null: they are not, because the run is an older one. */
  temperature: z.number().positive().nullable(),
  /** Whether it finds the image unlike those that it learned from; null where it cannot tell, because the run is an older one. */
  unlike: z.boolean().nullable(),
  latencyMs: latencySchema,
  /** What it ran in, with version and threads. */
  runtime: z.string(),
});

export const classifyRequests = {
  /** Both networks' best guesses for an encoded image (JPEG, PNG, WebP, GIF), prepared as in training. */
  'classify.image': request(
    z.strictObject({ run: runId, bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.byteLength <= 64 << 20) }),
    z.strictObject({ opinions: z.array(opinion) }),
  ),
};
