import { z } from 'zod';
import { EXPORT_FORMATS, PRECISIONS } from '../../run/recipe.ts';
import { exportAllResultSchema, exportResultSchema } from '../../run/results.ts';
import { failureSchema, nothing, request, runId, workId } from '../message.ts';

/** Runs whose students are written at once. */
export const MOST_EXPORTED = 100;

const format = z.enum(EXPORT_FORMATS);
const precision = z.enum(PRECISIONS);

export const exportRequests = {
  /** Asks where to save, writes and verifies the file; null where the user picked nothing. */
  'exports.save': request(
    z.strictObject({ run: runId, format, precision, work: workId }),
    exportResultSchema.nullable(),
  ),
  /**
   * Asks for a folder, and writes the runs' students in all formats and precisions; null where the user picked nothing. One of
   * a run's two is null: what became of its files, or why none could be written.
   */
  'exports.saveAll': request(
    z.strictObject({ runs: z.array(runId).min(1).max(MOST_EXPORTED), work: workId }),
    z
      .array(z.strictObject({ run: runId, all: exportAllResultSchema.nullable(), failure: failureSchema.nullable() }))
      .nullable(),
  ),
  /** Shows an exported file in the system's file manager. */
  'exports.showInFolder': request(z.strictObject({ run: runId, format, precision }), nothing),
  /** Opens the folder that `exports.saveAll` wrote to last, in this session. */
  'exports.openFolder': request(z.strictObject({ run: runId }), nothing),
  /** Opens the page that says how to use an exported file. */
  'exports.openUsePage': request(z.strictObject({ run: runId, format, precision }), nothing),
  /** Asks where to save the report as HTML or JSON; false where the user picked nothing. */
  'exports.saveReport': request(
    z.strictObject({ run: runId, kind: z.enum(['html', 'json']) }),
    z.strictObject({ saved: z.boolean() }),
  ),
  /** Opens the report that `exports.saveReport` wrote last, in this session. */
  'exports.openReport': request(z.strictObject({ run: runId, kind: z.enum(['html', 'json']) }), nothing),
};
