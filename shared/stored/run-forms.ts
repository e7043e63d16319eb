import { z } from 'zod';
import { layerWidthSchema, stepPointSchema } from '../run/live.ts';
import { phoneMeasurementSchema } from '../run/phone-measurement.ts';
import { cutSchema, epochMetricsSchema, exportReportSchema, modelReportSchema, reportSchema } from '../run/report.ts';
import { TRAINING_STAGES } from '../run/stages.ts';
import { defineForm } from './form.ts';
import { upgradeFinishPlaceTo2 } from './upgrades/finish-place-2.ts';
import { upgradeReportTo2 } from './upgrades/report-2.ts';
import { upgradeReportTo3 } from './upgrades/report-3.ts';
import { upgradeReportTo4 } from './upgrades/report-4.ts';
import { upgradeStepPointTo2 } from './upgrades/step-point-2.ts';

/** What the store keeps of a run, besides its recipe. */

/**
 * The report of a finished run, in the store and as `report.json`. It holds a recipe, epochs, cuts, models and exports: where
 * one of their forms gets a new version so does this one, and its upgrade calls theirs.
 */
export const REPORT_FORM = defineForm({
  name: 'report',
  schema: reportSchema,
  upgrades: [upgradeReportTo2, upgradeReportTo3, upgradeReportTo4],
  keepsVersion: true,
});

export const EPOCH_FORM = defineForm({ name: 'epoch', schema: epochMetricsSchema });
export const CUT_FORM = defineForm({ name: 'cut', schema: cutSchema });
export const STEP_POINT_FORM = defineForm({
  name: 'curve point',
  schema: stepPointSchema,
  upgrades: [upgradeStepPointTo2],
});
export const MODEL_FORM = defineForm({ name: 'model', schema: modelReportSchema });
export const EXPORT_FORM = defineForm({ name: 'export', schema: exportReportSchema });
export const PHONE_FORM = defineForm({ name: 'phone measurement', schema: phoneMeasurementSchema });
export const LAYERS_FORM = defineForm({ name: 'layer widths', schema: layerWidthSchema.array(), wrapped: true });

const count = z.int().min(0);
const trainingStage = z.enum(TRAINING_STAGES);
const segmentSchema = z.strictObject({
  stage: trainingStage,
  epoch: count,
  epochs: count,
  firstBatch: count,
  endBatch: count,
  endsEpoch: z.boolean(),
  cut: z.int().min(1).nullable(),
});

const placeSchema = z.strictObject({
  /** To train next, or its number in the plan, from 0; null: training is over. */
  segment: z.union([segmentSchema, z.strictObject({ inPlan: count }), z.null()]),
  /** The next batch in that segment's epoch. */
  batch: count,
});
/** A place in a run's training. */
export type StoredPlace = Readonly<z.infer<typeof placeSchema>>;

const finishPlaceSchema = placeSchema.extend({
  stage: trainingStage,
  /** On the network's line, from 0. */
  epoch: count,
});
/** Where a run was when it was asked to train no further than it needs. */
export type FinishPlace = Readonly<z.infer<typeof finishPlaceSchema>>;
export const FINISH_PLACE_FORM = defineForm({
  name: 'early finish',
  schema: finishPlaceSchema,
  upgrades: [upgradeFinishPlaceTo2],
});

/** Paths of the images that a run's networks were tested on, in the file of their predictions. */
export const TESTED_PATHS_FORM = defineForm({ name: 'predictions', schema: z.array(z.string()), wrapped: true });

const resultFileSchema = z.strictObject({
  /** Below the results folder, with `/` between its parts. */
  path: z.string(),
  sizeBytes: count,
  /** Of its content, in hexadecimal. */
  sha256: z.string().length(64),
});
/** A file of a finished run's results. */
export type ResultFile = Readonly<z.infer<typeof resultFileSchema>>;
export const RESULTS_FORM = defineForm({ name: 'list of results', schema: resultFileSchema.array(), wrapped: true });
