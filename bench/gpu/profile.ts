/**
 * Prints a line of JSON for each shape and precision: the time of a step on the device, program by program, each in a
 * pass of its own, which takes a little longer than the step does.
 *
 *     node bench/gpu/profile.ts --shapes 32x64s1,224x8 [--steps 3] [--warm-up 2] [--emulate]
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { startCompute, stopCompute } from '../../electron/engine/compute/index.ts';
import { DeviceBackend } from '../../electron/engine/compute/webgpu/backend.ts';
import { Random } from '../../electron/engine/core/random.ts';
import { openBenchTrainer } from '../../electron/engine/run/bench/bench-step.ts';
import { drawBatch } from '../../electron/engine/run/context/noise-batch.ts';
import { formatStepShape, parseStepShape } from '../step-shape.ts';
import { timePrograms } from './time-programs.ts';

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: '32x64s1,224x8' },
    steps: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '2' },
    emulate: { type: 'boolean', default: false },
  },
});
const CLASSES = 10;
const [steps, warmUp] = [Number(values.steps), Number(values['warm-up'])];

for (const precision of ['f32', 'mixed'] as const) {
  for (const shape of values.shapes.split(',').map(parseStepShape)) {
    const started = await startCompute({ backend: 'webgpu', precision, emulateHalf: values.emulate });
    if (started.precision !== precision) continue;
    const device = tf.backend();
    if (!(device instanceof DeviceBackend)) throw new Error('The active back end is not ours on WebGPU.');
    const random = new Random('profile');
    const trainer = openBenchTrainer({ ...shape, classes: CLASSES, random });
    const images = drawBatch({ ...shape, classes: CLASSES, random });
    const train = () => trainer.train([images], { epoch: 0, epochs: 1 });
    for (let i = 0; i < warmUp; i++) await train();
    const timer = timePrograms(device);
    for (let i = 0; i < steps; i++) await train();
    const programs = (await timer.collect()).map(({ program, dispatches, elapsedMs }) => ({
      program,
      dispatches: dispatches / steps,
      elapsed_ms: Number((elapsedMs / steps).toFixed(4)),
    }));
    trainer.dispose();
    const deviceMs = Number(programs.reduce((sum, { elapsed_ms }) => sum + elapsed_ms, 0).toFixed(3));
    const result = { shape: formatStepShape(shape), precision, device_ms: deviceMs, programs };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
await stopCompute();
process.exit(0);
