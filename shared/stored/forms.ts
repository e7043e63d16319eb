import { APP_STATE_FORM, PINNED_WEIGHTS_FORM, SETTINGS_FORM } from './app-forms.ts';
import { CHECKPOINT_FORM } from './checkpoint-form.ts';
import { ANSWER_CACHE_FORM, CLASSES_FORM, INSPECTION_FORM, PIXEL_CACHE_FORM, SAMPLES_FORM } from './dataset-forms.ts';
import { IMAGES_FORM, JOB_FORM, JOB_RESULT_FORM } from './job-forms.ts';
import { FROZEN_LATENCY_FORM, LATENCY_FORM } from './latency-form.ts';
import { NETWORK_FORM } from './network-form.ts';
import { RECIPE_FORM } from './recipe-form.ts';
import {
  CUT_FORM,
  EPOCH_FORM,
  EXPORT_FORM,
  FINISH_PLACE_FORM,
  LAYERS_FORM,
  MODEL_FORM,
  PHONE_FORM,
  REPORT_FORM,
  RESULTS_FORM,
  STEP_POINT_FORM,
  TESTED_PATHS_FORM,
} from './run-forms.ts';
import { RUN_RECORD_FORM } from './run-record-form.ts';
import { SEARCH_FORM } from './search-form.ts';

/**
 * Every kind of JSON that Decant stores and reads again. What one version wrote every later one reads; CONTRIBUTING says how a
 * form is changed. Apart from these, the store holds no JSON that is read back; the settings of a split are only compared.
 */
export const FORMS = {
  recipe: RECIPE_FORM,
  report: REPORT_FORM,
  epoch: EPOCH_FORM,
  cut: CUT_FORM,
  stepPoint: STEP_POINT_FORM,
  model: MODEL_FORM,
  export: EXPORT_FORM,
  phone: PHONE_FORM,
  layers: LAYERS_FORM,
  finishPlace: FINISH_PLACE_FORM,
  testedPaths: TESTED_PATHS_FORM,
  results: RESULTS_FORM,
  runRecord: RUN_RECORD_FORM,
  classes: CLASSES_FORM,
  inspection: INSPECTION_FORM,
  samples: SAMPLES_FORM,
  pixelCache: PIXEL_CACHE_FORM,
  answerCache: ANSWER_CACHE_FORM,
  latencyTable: LATENCY_FORM,
  frozenLatency: FROZEN_LATENCY_FORM,
  search: SEARCH_FORM,
  packedImages: IMAGES_FORM,
  job: JOB_FORM,
  jobResult: JOB_RESULT_FORM,
  network: NETWORK_FORM,
  checkpoint: CHECKPOINT_FORM,
  settings: SETTINGS_FORM,
  appState: APP_STATE_FORM,
  pinnedWeights: PINNED_WEIGHTS_FORM,
} as const;
