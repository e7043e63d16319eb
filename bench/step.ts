/**
 * Times one step of training and prints one line of JSON; `--profile` prints the time of each kernel on stderr.
 *
 *     node bench/step.ts [--what distill|teacher] [--size 32] [--batch 64] [--stem-stride 2]
 *       [--backend auto] [--threads N] [--steps 10] [--profile]
 */
import { parseArgs } from 'node:util';
import type { BackendName } from '../electron/engine/compute/index.ts';
import { benchStep } from '../electron/engine/run/bench/bench-step.ts';

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'distill' },
    'stem-stride': { type: 'string', default: '2' },
    size: { type: 'string', default: '32' },
    batch: { type: 'string', default: '64' },
    backend: { type: 'string', default: 'auto' },
    threads: { type: 'string' },
    steps: { type: 'string', default: '10' },
    profile: { type: 'boolean', default: false },
  },
});

const { kernels, ...result } = await benchStep({
  what: values.what === 'teacher' ? 'teacher' : 'distill',
  stemStride: values['stem-stride'] === '1' ? 1 : 2,
  size: Number(values.size),
  batch: Number(values.batch),
  // startCompute refuses a name that it does not know.
  backend: values.backend as BackendName | 'auto',
  threads: values.threads === undefined ? undefined : Number(values.threads),
  steps: Number(values.steps),
  profile: values.profile,
});
for (const { kernel, calls, elapsedMs } of kernels ?? []) {
  process.stderr.write(`${elapsedMs.toFixed(2).padStart(9)} ms ${String(calls).padStart(6)} x ${kernel}\n`);
}
// Largest resident memory of this process, program and libraries included.
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ...result, peak_bytes: peakBytes })}\n`);
process.exit(0);
