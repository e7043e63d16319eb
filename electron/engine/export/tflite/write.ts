import { listSteps } from '../../lowering/index.ts';
import { checkRequest, planOf } from '../check-request.ts';
import { encodeFlatBuffer } from '../flatbuffer.ts';
import { RESIZE } from '../preprocessing.ts';
import type { ExportRequest } from '../request.ts';
import { writeZip } from '../zip.ts';
import { buildGraph, INPUT, OUTPUT, type TfliteGraph } from './graph.ts';
import { DESCRIPTION_NAME, LABELS_FILE, writeDescription, writeLabels, writeMetadata } from './metadata.ts';
import { METADATA_NAME } from './metadata-schema.ts';
import { floatNumbers, integerNumbers } from './numbers.ts';
import { FILE_IDENTIFIER, MODEL, SCHEMA_VERSION } from './schema.ts';

/**
 * A TFLite file: one image at a time, NHWC without transposes, batch norm folded, normalization as its first operator, and
 * metadata with the labels in a zip archive at its end. Equal requests give equal bytes.
 *
 * @throws DecantError `weights.mismatch` or `network.invalid`
 */
export function writeTflite(request: ExportRequest): Uint8Array {
  checkRequest(request);
  const { builder, input, output } = buildRequested(request);
  const metadata = [
    { name: METADATA_NAME, buffer: builder.addBuffer(writeMetadata(request)) },
    { name: DESCRIPTION_NAME, buffer: builder.addBuffer(writeDescription(request)) },
  ];
  const model = encodeFlatBuffer(
    MODEL,
    {
      version: SCHEMA_VERSION,
      operatorCodes: builder.operatorCodes,
      subgraphs: [
        {
          name: 'main',
          tensors: builder.tensors,
          inputs: [input],
          outputs: [output],
          operators: builder.operators,
        },
      ],
      description: describeUse(request),
      buffers: builder.buffers,
      metadata,
      signatures: [
        {
          key: 'serving_default',
          inputs: [{ name: INPUT, tensorIndex: input }],
          outputs: [{ name: OUTPUT, tensorIndex: output }],
          subgraphIndex: 0,
        },
      ],
    },
    FILE_IDENTIFIER,
  );
  return Buffer.concat([model, writeZip([{ name: LABELS_FILE, bytes: writeLabels(request) }], model.length)]);
}

function buildRequested(request: ExportRequest): TfliteGraph {
  const { network, weights, precision } = request;
  if (precision === 'int8' || precision === 'int8-only') {
    const plan = planOf(request);
    return buildGraph(plan.program, integerNumbers(plan), { bare: precision === 'int8-only' });
  }
  return buildGraph(listSteps(network, weights), floatNumbers({ half: precision === 'fp16' }), { bare: true });
}

function describeUse({ network, precision }: ExportRequest): string {
  const [height, width] = network.inputSize;
  const [type, range, numbers] =
    precision === 'int8-only'
      ? ['int8', '0 to 255 minus 128', 'numbers scaled by the scale and zero point of the tensor']
      : ['float32', '0 to 255', 'logits'];
  return (
    `Image classifier (${network.architecture}). Input "${INPUT}": ${type} [1, ${height}, ${width}, 3], RGB, ${range}, not ` +
    `normalized (the graph does it). Images of other sizes: ${RESIZE}. Output "${OUTPUT}": ${type} [1, ${network.classes}], ` +
    `${numbers}; softmax gives probabilities. Class names: ${LABELS_FILE}, in the zip archive at the end.`
  );
}
