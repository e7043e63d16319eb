import type { Schema } from '../flatbuffer.ts';

/**
 * The part of the TFLite model metadata that we write, which Android Studio, ML Kit and the task libraries read: slots of
 * the tables in metadata_schema.fbs, version 1.1.0.
 */
export const METADATA_NAME = 'TFLITE_METADATA';
export const METADATA_IDENTIFIER = 'M001';

/** Labels of the entries of an output tensor. */
export const TENSOR_AXIS_LABELS = 2;
export const COLOR_SPACE_RGB = 1;
/** Members of the unions ContentProperties and ProcessUnitOptions. */
export const FEATURE_PROPERTIES = 1;
export const IMAGE_PROPERTIES = 2;
export const NORMALIZATION_OPTIONS = 1;

const associatedFile = { name: [0, 'string'], description: [1, 'string'], type: [2, 'int8'] } as const satisfies Schema;

const imageProperties = {
  colorSpace: [0, 'int8'],
  defaultSize: [1, { table: { width: [0, 'uint32'], height: [1, 'uint32'] } }],
} as const satisfies Schema;

const content = {
  properties: [0, { union: { 1: {}, 2: imageProperties } }],
} as const satisfies Schema;

const processUnit = {
  options: [0, { union: { 1: { mean: [0, 'float32s'], std: [1, 'float32s'] } } }],
} as const satisfies Schema;

const tensorMetadata = {
  name: [0, 'string'],
  description: [1, 'string'],
  content: [3, { table: content }],
  processUnits: [4, { tables: processUnit }],
  stats: [5, { table: { max: [0, 'float32s'], min: [1, 'float32s'] } }],
  associatedFiles: [6, { tables: associatedFile }],
} as const satisfies Schema;

const subGraphMetadata = {
  inputs: [2, { tables: tensorMetadata }],
  outputs: [3, { tables: tensorMetadata }],
} as const satisfies Schema;

export const MODEL_METADATA = {
  name: [0, 'string'],
  description: [1, 'string'],
  version: [2, 'string'],
  subgraphs: [3, { tables: subGraphMetadata }],
  author: [4, 'string'],
  minParserVersion: [7, 'string'],
} as const satisfies Schema;
