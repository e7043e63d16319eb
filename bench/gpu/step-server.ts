/**
 * Opens WebGPU once and times the steps it is asked for, a line of JSON each way: `{shape, steps, warmUpSteps}` in, and
 * out `{step_ms, images_per_s}` or `{error}`.
 *
 *     node bench/gpu/step-server.ts f32|mixed [--emulate]
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Precision, startCompute } from '../../electron/engine/compute/index.ts';
import { timeStep } from '../../electron/engine/run/bench/bench-step.ts';
import type { StepShape } from '../step-shape.ts';

export interface StepRequest {
  readonly shape: StepShape;
  readonly steps: number;
  readonly warmUpSteps: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { emulate: { type: 'boolean', default: false } },
});
const precision: Precision = positionals[0] === 'mixed' ? 'mixed' : 'f32';
const started = await startCompute({ backend: 'webgpu', precision, emulateHalf: values.emulate });
for await (const line of createInterface({ input: process.stdin })) {
  const { shape, ...settings }: StepRequest = JSON.parse(line);
  const answer =
    started.precision === precision
      ? await timeStep({ ...shape, ...settings }).catch(describe)
      : { error: `${started.device} has no mixed precision` };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);

function describe(error: unknown): { error: string } {
  return { error: error instanceof Error ? error.message : String(error) };
}
