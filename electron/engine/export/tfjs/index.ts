import { EXPORT_FILES } from '../../../../shared/run/export-files.ts';
import type { Exporter } from '../exporter.ts';
import { HALF, roundWeights } from '../round-weights.ts';
import { readDescription } from './describe.ts';
import { BYTES } from './integers.ts';
import { openTfjs } from './open.ts';
import { writeSnippets } from './snippets.ts';
import { writeTfjs } from './write.ts';

export const tfjsExporter: Exporter = {
  format: 'tfjs',
  extension: EXPORT_FILES.tfjs.extension,
  precisions: EXPORT_FILES.tfjs.precisions,
  plainImages: 8,
  write: writeTfjs,
  snippets: writeSnippets,
  describe: readDescription,
  open: openTfjs,
  isInteger: () => false, // Its 8-bit weights are floats once loaded.
  holds(request) {
    const { precision = 'fp32' } = request;
    return precision === 'fp32' ? null : roundWeights(request, precision === 'fp16' ? HALF : BYTES);
  },
};
