/**
 * Exports many random networks in every format and precision and compares what their runtimes compute with our own forward
 * pass, or our own simulation of their integers; the first of floats that differs ends it with its number. Prints JSON: the
 * worst difference of each precision, as a share of the range of the logits, from the trained numbers, and the files of
 * integers that were refused: numbers drawn at random do not always bear 8 bits.
 *
 *     node bench/fuzz-exports.ts [--count 100] [--from 0] [--formats onnx,tflite,tfjs] [--precisions fp32,int8]
 */
import { parseArgs } from 'node:util';
import { startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { DecantError } from '../electron/engine/core/errors.ts';
import { EXPORTERS, type Exporter, verifyExport } from '../electron/engine/export/index.ts';
import { type QuantizationPlan, quantizeNetwork } from '../electron/engine/quantize/index.ts';
import { PRECISIONS } from '../shared/run/recipe.ts';
import { drawBatches, requestOf } from '../test/engine/export/samples.ts';
import { drawCase } from '../test/engine/prune/random-network.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    formats: { type: 'string', default: Object.keys(EXPORTERS).join(',') },
    precisions: { type: 'string', default: PRECISIONS.join(',') },
  },
});
const [count, from] = [Number(values.count), Number(values.from)];
const exporters: Exporter[] = Object.values(EXPORTERS).filter(({ format }) =>
  values.formats.split(',').includes(format),
);
const precisions = PRECISIONS.filter((precision) => values.precisions.split(',').includes(precision));

await startCompute();
const refused: string[] = [];
const worst = Object.fromEntries(precisions.map((precision) => [precision, 0]));
for (let i = from; i < from + count; i++) {
  const { network } = drawCase(`fuzz-${i}`);
  const floats = requestOf(network, `fuzz-${i}`);
  const batches = drawBatches(network, [4], `fuzz-${i}`);
  let planned: QuantizationPlan | undefined;
  for (const precision of precisions) {
    const integers = exporters.some((exporter) => exporter.isInteger(precision));
    if (integers) planned ??= (await quantizeNetwork({ ...floats, batches })).plan;
    for (const exporter of exporters.filter(({ precisions: own }) => own.includes(precision)))
      try {
        const quantization = exporter.isInteger(precision) ? planned : undefined;
        const request = { ...floats, precision, ...(quantization && { quantization }) };
        const bytes = exporter.write(request);
        const { maxAbsDifference, range } = await verifyExport({ exporter, bytes, request, batches });
        worst[precision] = Math.max(worst[precision]!, maxAbsDifference / Math.max(range, 1e-9));
      } catch (error) {
        const reason = error instanceof Error ? error.message : error;
        if (exporter.isInteger(precision) && error instanceof DecantError && error.code === 'export.mismatch') {
          refused.push(`${i} ${exporter.format} ${precision}: ${reason}`);
          continue;
        }
        process.stderr.write(`Network ${i}, ${exporter.format}, ${precision}: ${reason}\n`);
        process.exit(1);
      }
  }
  if ((i + 1 - from) % 50 === 0) process.stderr.write(`${i + 1 - from} of ${count} networks\n`);
}
await stopCompute();
process.stdout.write(
  `${JSON.stringify({ networks: count, formats: exporters.map(({ format }) => format), worst, refused })}\n`,
);
process.exit(0);
