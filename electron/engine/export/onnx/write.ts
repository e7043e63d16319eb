import { listSteps } from '../../lowering/index.ts';
import { encodeModel, type OnnxGraph } from '../../onnx/messages.ts';
import { checkRequest, planOf } from '../check-request.ts';
import { RESIZE } from '../preprocessing.ts';
import type { ExportRequest } from '../request.ts';
import { buildGraph } from './graph.ts';
import { writeMetadata } from './metadata.ts';
import { floatNumbers, integerNumbers } from './numbers.ts';

/** 14 is the first operator set with HardSwish; ONNX Runtime reads it since 1.8 (2021). */
export const OPERATOR_SET = 14;
/** The version of the file format that came with operator set 14 (ONNX 1.9). */
export const IR_VERSION = 7;

/**
 * An ONNX file: batch norm folded into the convolutions, normalization as its first node, free batch size, labels and
 * preprocessing in the metadata. Equal requests give equal bytes.
 *
 * @throws DecantError `weights.mismatch` or `network.invalid`
 */
export function writeOnnx(request: ExportRequest): Uint8Array {
  checkRequest(request);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'decant',
    docString: describeUse(request),
    graph: buildRequested(request),
    opsetImport: [{ domain: '', version: OPERATOR_SET }],
    metadataProps: writeMetadata(request),
  });
}

function buildRequested(request: ExportRequest): OnnxGraph {
  const { network, weights, precision } = request;
  if (precision !== 'int8')
    return buildGraph(listSteps(network, weights), network.architecture, floatNumbers({ half: precision === 'fp16' }));
  const plan = planOf(request);
  return buildGraph(plan.program, network.architecture, integerNumbers(plan));
}

function describeUse({ network }: ExportRequest): string {
  const [height, width] = network.inputSize;
  return (
    `Image classifier (${network.architecture}). Input "image": float32 [batch, 3, ${height}, ${width}], RGB, 0 to 255, not ` +
    `normalized (the graph does it). Images of other sizes: ${RESIZE}. Output "logits": float32 [batch, ` +
    `${network.classes}]; softmax gives probabilities. Class names: metadata "labels".`
  );
}
