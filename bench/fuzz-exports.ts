/**
 * Exports many random networks in every format and compares what their runtimes compute with our own forward pass; the first
 * that differs ends it with its seed.
 *
 *     node bench/fuzz-exports.ts [--count 100] [--from 0] [--formats onnx,tflite,tfjs]
 */
import { parseArgs } from 'node:util';
import { startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { EXPORTERS, verifyExport } from '../electron/engine/export/index.ts';
import { drawBatches, requestOf } from '../test/engine/export/samples.ts';
import { drawCase } from '../test/engine/prune/random-network.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    formats: { type: 'string', default: 'onnx,tflite,tfjs' },
  },
});

await startCompute({ backend: 'cpu' });
let worst = 0;
for (let i = Number(values.from); i < Number(values.from) + Number(values.count); i++) {
  const { network } = drawCase(`fuzz-${i}`);
  const request = requestOf(network, `fuzz-${i}`);
  const batches = drawBatches(network, [4], `fuzz-${i}`);
  for (const exporter of Object.values(EXPORTERS)) {
    if (!values.formats.split(',').includes(exporter.format)) continue;
    try {
      const bytes = exporter.write(request);
      const { maxAbsDifference, range } = await verifyExport({ exporter, bytes, request, batches });
      worst = Math.max(worst, maxAbsDifference / Math.max(range, 1e-9));
    } catch (error) {
      process.stderr.write(`Network ${i}, ${exporter.format}: ${error instanceof Error ? error.message : error}\n`);
      process.exit(1);
    }
  }
}
await stopCompute();
process.stdout.write(`${JSON.stringify({ networks: Number(values.count), formats: values.formats, worst })}\n`);
process.exit(0);
