import { DecantError } from '../../core/errors.ts';
import { describeRequest, listLabels, parseJsonDescription } from '../description.ts';
import type { ExportDescription } from '../exporter.ts';
import { decodeFlatBuffer, encodeFlatBuffer } from '../flatbuffer.ts';
import { RESIZE } from '../preprocessing.ts';
import type { ExportRequest } from '../request.ts';
import { INPUT, OUTPUT } from './graph.ts';
import {
  COLOR_SPACE_RGB,
  FEATURE_PROPERTIES,
  IMAGE_PROPERTIES,
  METADATA_IDENTIFIER,
  MODEL_METADATA,
  NORMALIZATION_OPTIONS,
  TENSOR_AXIS_LABELS,
} from './metadata-schema.ts';
import { FILE_IDENTIFIER, MODEL, type TfliteModel } from './schema.ts';

/** Name of the metadata entry with our own description, JSON. */
export const DESCRIPTION_NAME = 'DECANT';
/** Name of the file of labels in the zip archive at the end of the file. */
export const LABELS_FILE = 'labels.txt';
const FORMAT = 'decant-tflite-1';

/**
 * TensorFlow Lite's model metadata, as Android Studio, ML Kit and the task libraries read it. Pixels go in as they are: the
 * graph normalizes, so that no tool and nobody can do it wrong.
 */
export function writeMetadata({ network, classes, precision }: ExportRequest): Uint8Array {
  const [height, width] = network.inputSize;
  const range = precision === 'int8-only' ? '0 to 255 minus 128' : '0 to 255';
  return encodeFlatBuffer(
    MODEL_METADATA,
    {
      name: network.architecture,
      description: `Image classifier with ${classes.length} classes, compressed by Decant. The output is logits; softmax gives probabilities.`,
      version: '1',
      author: 'Decant',
      minParserVersion: '1.0.0',
      subgraphs: [
        {
          inputs: [
            {
              name: INPUT,
              description: `RGB, ${range}, not normalized (the graph does it). Images of other sizes: ${RESIZE}.`,
              content: {
                properties: {
                  member: IMAGE_PROPERTIES,
                  table: { colorSpace: COLOR_SPACE_RGB, defaultSize: { width, height } },
                },
              },
              processUnits: [{ options: { member: NORMALIZATION_OPTIONS, table: { mean: [0], std: [1] } } }],
              stats: { min: [0], max: [255] },
            },
          ],
          outputs: [
            {
              name: OUTPUT,
              description: 'One number per class; the largest belongs to the most likely class.',
              content: { properties: { member: FEATURE_PROPERTIES, table: {} } },
              associatedFiles: [
                { name: LABELS_FILE, description: 'Class names, one per line.', type: TENSOR_AXIS_LABELS },
              ],
            },
          ],
        },
      ],
    },
    METADATA_IDENTIFIER,
  );
}

/** The file of labels that the metadata names. */
export function writeLabels({ classes }: ExportRequest): Uint8Array {
  return new TextEncoder().encode(listLabels(classes));
}

/** Our own description of the file, JSON: what `decant evaluate` goes by. */
export function writeDescription(request: ExportRequest): Uint8Array {
  const description = describeRequest(request, { format: FORMAT, input: INPUT, output: OUTPUT });
  return new TextEncoder().encode(JSON.stringify(description));
}

/**
 * What a TFLite file that Decant wrote says about itself.
 *
 * @throws DecantError `model.unreadable` when it is damaged or another program wrote it
 */
export function readDescription(bytes: Uint8Array): ExportDescription {
  let model: TfliteModel;
  try {
    model = decodeFlatBuffer(MODEL, bytes, FILE_IDENTIFIER);
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `This file of ${bytes.length} bytes is not a complete TFLite file (${error instanceof Error ? error.message : error}); export the network again.`,
      { sizeBytes: bytes.length },
      { cause: error },
    );
  }
  return parseJsonDescription('TFLite', FORMAT, findMetadata(model, DESCRIPTION_NAME));
}

/** The content of a metadata entry; undefined where there is none. */
export function findMetadata(model: TfliteModel, name: string): Uint8Array | undefined {
  const entry = model.metadata?.find((candidate) => candidate.name === name);
  return entry?.buffer === undefined ? undefined : model.buffers?.[entry.buffer]?.data;
}
