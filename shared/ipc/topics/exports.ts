import { z } from 'zod';
import { EXPORT_FORMATS, PRECISIONS } from '../../run/recipe.ts';
import { exportResultSchema } from '../../run/results.ts';
import { nothing, request, runId, workId } from '../message.ts';

const format = z.enum(EXPORT_FORMATS);
const precision = z.enum(PRECISIONS);

export const exportRequests = {
  /** Asks where to save, writes and verifies the file; null where the user picked nothing. */
  'exports.save': request(
    z.strictObject({ run: runId, format, precision, work: workId }),
    exportResultSchema.nullable(),
  ),
  /** Shows an exported file in the system's file manager. */
  'exports.showInFolder': request(z.strictObject({ run: runId, format, precision }), nothing),
  /** Opens the page that says how to use an exported file. */
  'exports.openUsePage': request(z.strictObject({ run: runId, format, precision }), nothing),
  /** Asks where to save the report as HTML or JSON; false where the user picked nothing. */
  'exports.saveReport': request(
    z.strictObject({ run: runId, kind: z.enum(['html', 'json']) }),
    z.strictObject({ saved: z.boolean() }),
  ),
};
