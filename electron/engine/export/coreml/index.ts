import { EXPORT_FILES } from '../../../../shared/run/export-files.ts';
import type { Exporter } from '../exporter.ts';
import { HALF, roundWeights } from '../round-weights.ts';
import { LABEL, PROBABILITIES } from './graph.ts';
import { openCoreml } from './open.ts';
import { writeSnippets } from './snippets.ts';
import { readDescription, writeCoreml } from './write.ts';

export const coremlExporter: Exporter = {
  format: 'coreml',
  extension: EXPORT_FILES.coreml.extension,
  precisions: EXPORT_FILES.coreml.precisions,
  plainImages: 32,
  output: `the most likely class (${LABEL}) and the probability of each (${PROBABILITIES})`,
  write: writeCoreml,
  snippets: writeSnippets,
  describe: readDescription,
  open: openCoreml,
  isInteger: () => false,
  computesInHalf: (precision) => precision === 'fp16',
  holds: (request) => (request.precision === 'fp16' ? roundWeights(request, HALF) : null),
};
