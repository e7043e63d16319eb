import { EXPORT_FILES } from '../../../../shared/run/export-files.ts';
import { decodeModel } from '../../onnx/messages.ts';
import type { Exporter } from '../exporter.ts';
import { HALF, roundWeights } from '../round-weights.ts';
import { readMetadata } from './metadata.ts';
import { openOnnx } from './open.ts';
import { writeSnippets } from './snippets.ts';
import { writeOnnx } from './write.ts';

export const onnxExporter: Exporter = {
  format: 'onnx',
  extension: EXPORT_FILES.onnx.extension,
  precisions: EXPORT_FILES.onnx.precisions,
  plainImages: Number.POSITIVE_INFINITY,
  write: writeOnnx,
  snippets: writeSnippets,
  describe: (bytes) => readMetadata(decodeModel(bytes)),
  open: openOnnx,
  isInteger: (precision) => precision === 'int8',
  holds: (request) => (request.precision === 'fp16' ? roundWeights(request, HALF) : null),
};
