/**
 * Times the forward pass of whole and pruned networks in three ways that take turns: on our back end, as the accuracy of
 * a report is computed, and as the exported file in onnxruntime-node, which takes as many threads. Prints a table on
 * stderr and JSON on stdout; exit status 1 when evaluation misses its goal.
 *
 *     node bench/inference.ts [--batch 64] [--threads 2] [--steps 12] [--backend simd]
 *       [--shapes mobilenet-v2:32s1,mobilenet-v3-large:224,…]
 *
 * A shape is an architecture, the height and width of its images, and `s1` for a first convolution of stride 1. Figures
 * are medians over the steps.
 */
import { parseArgs } from 'node:util';
import { type BackendName, stopCompute } from '../electron/engine/compute/index.ts';
import type { Architecture } from '../electron/engine/model/index.ts';
import { benchInference } from '../electron/engine/run/bench/bench-inference.ts';
import { ARCHITECTURES } from '../shared/run/architectures.ts';
import { formatTable } from '../shared/text/table.ts';

/** Images a second of evaluation by those of the exported file. */
const GOAL = 0.9;
const SIZES = ['32s1', '96', '224'];
const NETWORKS: readonly Architecture[] = ['mobilenet-v2', 'mobilenet-v3-large'];

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '12' },
    backend: { type: 'string', default: 'simd' },
    shapes: { type: 'string', default: NETWORKS.flatMap((name) => SIZES.map((size) => `${name}:${size}`)).join(',') },
  },
});

const results: (Awaited<ReturnType<typeof benchInference>>['results'][number] & { shape: string; met: boolean })[] = [];
for (const shape of values.shapes.split(',')) {
  const [, architecture, size, stride] = /^([a-z0-9-]+):([1-9]\d*)(s1)?$/.exec(shape) ?? [];
  if (architecture === undefined || !Object.hasOwn(ARCHITECTURES, architecture)) {
    process.stderr.write(`"${shape}" is no network; write architecture:size, for example mobilenet-v2:32s1.\n`);
    process.exit(2);
  }
  const bench = await benchInference({
    architecture: architecture as Architecture, // Looked up above.
    size: Number(size),
    stemStride: stride === undefined ? 2 : 1,
    batches: [Number(values.batch)],
    steps: Number(values.steps),
    threads: Number(values.threads),
    // startCompute refuses a name that it does not know.
    backend: values.backend as BackendName | 'auto',
  });
  for (const result of bench.results) {
    const met = result.evaluation_ratio >= GOAL;
    results.push({ shape, ...result, met });
    process.stderr.write(`${shape} ${result.network}: ${result.evaluation_ratio.toFixed(2)} x\n`);
  }
}
await stopCompute();

const titles = [
  'Network',
  'Back end, images/s',
  'Ratio',
  'Evaluation, images/s',
  'ONNX Runtime, images/s',
  'Ratio',
  'Goal',
];
const columns = titles.map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
const rows = results.map(({ shape, network, met, ...result }) => [
  `${shape} ${network}`,
  `${result.decant_images_per_s}`,
  `${result.ratio.toFixed(2)} x`,
  `${result.evaluation_images_per_s}`,
  `${result.onnx_images_per_s}`,
  `${result.evaluation_ratio.toFixed(2)} x`,
  `${GOAL.toFixed(2)} x${met ? '' : ', missed'}`,
]);
process.stderr.write(`${formatTable(columns, rows)}\n`);
const settings = { batch: Number(values.batch), threads: Number(values.threads), steps: Number(values.steps) };
process.stdout.write(`${JSON.stringify({ what: 'inference', ...settings, goal: GOAL, results })}\n`);
process.exit(results.every(({ met }) => met) ? 0 : 1);
