import { z } from 'zod';
import { recipeSchema } from '../../run/recipe.ts';
import { count, request, workId } from '../message.ts';

export const latencyRequests = {
  /**
   * Times the pieces of the recipe's student on this computer, for goals in milliseconds; takes minutes, and goes on where it
   * was cancelled; refused (`run.busy`) while a run computes.
   */
  'latency.measure': request(
    z.strictObject({ recipe: recipeSchema, work: workId }),
    z.strictObject({ table: z.string(), pieces: count, medianError: z.number().min(0).nullable() }),
  ),
};
