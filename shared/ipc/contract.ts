import { z } from 'zod';
import { EXPORT_FORMATS, PRECISIONS } from '../run/recipe.ts';
import { exportAllResultSchema, exportResultSchema } from '../run/results.ts';
import { count, datasetId, nothing, request, runId, workId } from './message.ts';
import { appRequests, settingsSchema } from './topics/app.ts';
import { classifyRequests } from './topics/classify.ts';
import { compareRequests } from './topics/compare.ts';
import { datasetDetailSchema, datasetRequests } from './topics/datasets.ts';
import { exportRequests } from './topics/exports.ts';
import { latencyRequests } from './topics/latency.ts';
import { phoneRequests } from './topics/phone.ts';
import { runRequests } from './topics/runs.ts';
import { weightsRequests } from './topics/weights.ts';

/** What the window may ask. No request carries a path: those come from dialogs and drops, which the main process sees. */
export const REQUESTS = {
  ...appRequests,
  ...datasetRequests,
  ...runRequests,
  ...compareRequests,
  ...classifyRequests,
  ...exportRequests,
  ...latencyRequests,
  ...phoneRequests,
  ...weightsRequests,
};

export type RequestName = keyof typeof REQUESTS;
export type Params<Name extends RequestName> = z.input<(typeof REQUESTS)[Name]['params']>;
export type Result<Name extends RequestName> = z.output<(typeof REQUESTS)[Name]['result']>;

/**
 * What the main process asks the engine beyond what it passes on: everything with a path or with bytes of a file. The
 * engine answers those of `REQUESTS` that are not the main process's own (dialogs, settings, file manager).
 */
export const ENGINE_REQUESTS = {
  'engine.configure': request(settingsSchema.pick({ backend: true, threads: true, cacheLimitBytes: true }), nothing),
  'datasets.add': request(z.strictObject({ path: z.string().min(1), work: workId }), datasetDetailSchema),
  /** Makes the runs of a dataset know it at another place, where the same images are. */
  'datasets.move': request(
    z.strictObject({ dataset: datasetId, path: z.string().min(1), work: workId }),
    datasetDetailSchema,
  ),
  /** A JPEG of at most `size` pixels a side. */
  'images.thumbnail': request(
    z.strictObject({ dataset: datasetId, image: count, size: z.int().min(16).max(1024) }),
    z.strictObject({ bytes: z.instanceof(Uint8Array), type: z.string() }),
  ),
  'exports.write': request(
    z.strictObject({
      run: runId,
      format: z.enum(EXPORT_FORMATS),
      precision: z.enum(PRECISIONS),
      file: z.string().min(1),
      work: workId,
    }),
    exportResultSchema,
  ),
  'exports.writeAll': request(
    z.strictObject({ run: runId, folder: z.string().min(1), stem: z.string().min(1), work: workId }),
    exportAllResultSchema,
  ),
  'exports.writeReport': request(
    z.strictObject({ run: runId, kind: z.enum(['html', 'json']), file: z.string().min(1) }),
    nothing,
  ),
  /** Stops active work with a checkpoint; answered when it is safe to end the process. */
  'engine.shutDown': request(nothing, nothing),
};
export type EngineRequestName = keyof typeof ENGINE_REQUESTS;

export const CHANNELS = { request: 'decant:request', drop: 'decant:drop', event: 'decant:event' } as const;
