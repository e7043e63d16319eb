/**
 * What it costs the processor to hand one distillation step to a graphics card: encoding and submitting, without waiting
 * for the card. Prints JSON: milliseconds of a step, dispatches and submissions, and dispatches by program.
 *
 *     node bench/webgpu-submission.ts [--real] [--size 32] [--batch 2] [--steps 12] [--in-a-submission 32] [--programs]
 *
 * By default on Dawn's null device, which checks everything and computes nothing: that is our part, tfjs's and Dawn's of
 * the cost. With `--real` a driver's part is added; where the "card" is a software rasterizer it takes the processor away
 * at the same time, so that nothing can be said. The batch hardly matters.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { startCompute } from '../electron/engine/compute/index.ts';
import { DeviceBackend } from '../electron/engine/compute/webgpu/backend.ts';
import { Random } from '../electron/engine/core/random.ts';
import { openBenchTrainer } from '../electron/engine/run/bench/bench-step.ts';
import { drawBatch } from '../electron/engine/run/context/noise-batch.ts';
import { startOnNullDevice } from '../test/engine/compute/webgpu/null-device.ts';
import { watchPrograms } from './gpu/watch-programs.ts';

const { values } = parseArgs({
  options: {
    real: { type: 'boolean', default: false },
    size: { type: 'string', default: '32' },
    batch: { type: 'string', default: '2' },
    steps: { type: 'string', default: '12' },
    'in-a-submission': { type: 'string' },
    programs: { type: 'boolean', default: false },
  },
});
const [size, batch, steps] = [values.size, values.batch, values.steps].map(Number) as [number, number, number];

const name = values.real ? (await startCompute({ backend: 'webgpu' })).device : 'null';
if (!values.real) await startOnNullDevice('none');
tf.enableProdMode();
const device = tf.backend();
if (!(device instanceof DeviceBackend)) throw new Error('The active back end is not ours on WebGPU.');
if (values['in-a-submission']) tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', Number(values['in-a-submission']));

const random = new Random('webgpu-submission');
// The trainer reads its losses every 20 steps, and by a clock that runs also after long ones; in between nothing waits.
const clock = { now: () => 0, elapsedMs: () => 0 };
const trainer = openBenchTrainer({ size, classes: 10, random, clock });
const images = drawBatch({ size, batch, classes: 10, random });
const train = (count: number, onStep?: () => void) =>
  trainer.train(
    Array.from({ length: count }, () => images),
    { epoch: 0, epochs: 1, ...(onStep && { onStep }) },
  );
await train(2);

const programs = new Map<string, number>();
if (values.programs) countPrograms(device, programs);
const stepsMs: number[] = [];
const busyBefore = process.cpuUsage();
const before = device.counts;
let last = performance.now();
for (let left = steps; left > 0; left -= 18) {
  last = performance.now();
  await train(Math.min(left, 18), () => {
    stepsMs.push(performance.now() - last);
    last = performance.now();
  });
}
const after = device.counts;
const busy = process.cpuUsage(busyBefore);
stepsMs.sort((a, b) => a - b);
const round = (value: number) => Number(value.toFixed(3));
const dispatches = (after.dispatches - before.dispatches) / steps;
const result = {
  device: name,
  size,
  batch,
  steps,
  encode_ms: round(stepsMs[stepsMs.length >> 1]!),
  // Of all threads, and undisturbed by what else runs on the machine.
  cpu_ms: round((busy.user + busy.system) / 1000 / steps),
  min_ms: round(stepsMs[0]!),
  us_per_dispatch: round((1000 * stepsMs[0]!) / dispatches),
  dispatches: Math.round(dispatches),
  submits: round((after.submits - before.submits) / steps),
  read_backs: after.readBacks - before.readBacks,
  pipelines: after.pipelines,
  new_bind_groups: (after.bindGroups - before.bindGroups) / steps,
  ...(values.programs && {
    programs: Object.fromEntries(
      [...programs].sort(([, a], [, b]) => b - a).map(([program, count]) => [program, round(count / steps)]),
    ),
  }),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

function countPrograms(backend: DeviceBackend, counts: Map<string, number>): void {
  watchPrograms(backend, (program, run) => {
    counts.set(program, (counts.get(program) ?? 0) + 1);
    return run();
  });
}
