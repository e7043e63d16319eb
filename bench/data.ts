/**
 * Times the data pipeline beside the step that it feeds, as `decant bench data`: prints JSON, and a sentence a size on
 * stderr; exit status 1 when batches from the cache do not come twice as fast as the step takes them.
 *
 *     node bench/data.ts [--size N] [--source N] [--batch N] [--dataset PATH] [--steps 10] [--backend auto]
 */
import { parseArgs } from 'node:util';
import type { BackendName } from '../electron/engine/compute/index.ts';
import { benchData } from '../electron/engine/run/bench/bench-data.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string' },
    source: { type: 'string' },
    batch: { type: 'string' },
    dataset: { type: 'string' },
    steps: { type: 'string', default: '10' },
    backend: { type: 'string', default: 'auto' },
  },
});
const read = (value: string | undefined) => (value === undefined ? null : Number(value));
const result = await benchData({
  size: read(values.size),
  source: read(values.source),
  batch: read(values.batch),
  dataset: values.dataset ?? null,
  steps: Number(values.steps),
  // startCompute refuses a name that it does not know.
  backend: values.backend as BackendName | 'auto',
});
for (const { verdict } of result.results) process.stderr.write(`${verdict}\n`);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(result.results.every(({ warm_met }) => warm_met) ? 0 : 1);
