import { EXPORT_FILES } from '../../../../shared/run/export-files.ts';
import type { Exporter } from '../exporter.ts';
import { HALF, roundWeights } from '../round-weights.ts';
import { readDescription } from './metadata.ts';
import { openTflite } from './open.ts';
import { writeSnippets } from './snippets.ts';
import { writeTflite } from './write.ts';

export const tfliteExporter: Exporter = {
  format: 'tflite',
  extension: EXPORT_FILES.tflite.extension,
  precisions: EXPORT_FILES.tflite.precisions,
  plainImages: 0,
  write: writeTflite,
  snippets: writeSnippets,
  describe: readDescription,
  open: openTflite,
  isInteger: (precision) => precision === 'int8' || precision === 'int8-only',
  holds: (request) => (request.precision === 'fp16' ? roundWeights(request, HALF) : null),
};
